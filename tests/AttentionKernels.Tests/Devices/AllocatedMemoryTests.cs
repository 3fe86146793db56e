using System.Runtime.CompilerServices;
using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Devices;

/// <summary>A device knows what its tensors take, those that it owns itself among them.</summary>
[Trait("Speed", "Quick")]
public class AllocatedMemoryTests
{
    private const int Numbers = 1 << 10, Bytes = sizeof(float) * Numbers;

    // The managed CPU's memory begins with a cache line.
    private const int Alignment = 64;

    [Theory, EachBackend]
    public void Tensors_count_from_their_allocation_to_their_disposal(Backend backend)
    {
        using AttentionDevice device = AttentionDevice.Open(Backends.Find(backend)!.Selector);
        long empty = device.AllocatedBytes;

        Tensor<float> first = device.Allocate<float>([Numbers]), second = device.Allocate<float>([Numbers]);
        long both = device.AllocatedBytes - empty;
        second.Dispose();
        second.Dispose();

        both.Should().BeInRange(2 * Bytes, 2 * (Bytes + Alignment));
        device.AllocatedBytes.Should().Be(empty + (both / 2));
        device.PeakAllocatedBytes.Should().BeGreaterThanOrEqualTo(empty + both);
        device.ResetPeakAllocatedBytes();
        device.PeakAllocatedBytes.Should().Be(device.AllocatedBytes);
        first.Dispose();
        device.AllocatedBytes.Should().Be(empty);
        device.PeakAllocatedBytes.Should().Be(empty + (both / 2), "it is what was, not what is");
    }

    [Fact]
    public void So_do_those_of_a_plan_and_those_that_nobody_disposes()
    {
        using AttentionDevice device = AttentionDevice.Open(DeviceKind.Cpu);
        using (AttentionPlan<float> plan = device.PlanAttention([1, 1, 8, 64], [1, 4096, 8, 64], new CausalMask()))
            device.AllocatedBytes.Should().BeGreaterThanOrEqualTo(plan.WorkspaceBytes).And.BePositive();
        device.AllocatedBytes.Should().Be(0);

        Forget(device);
        for (int turn = 0; turn < 50 && device.AllocatedBytes > 0; turn++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        device.AllocatedBytes.Should().Be(0);
        device.PeakAllocatedBytes.Should().BeGreaterThanOrEqualTo(Bytes);
    }

    [Fact]
    public void Threads_count_together()
    {
        const int Threads = 8, Runs = 100;
        using AttentionDevice device = AttentionDevice.Open(DeviceKind.Cpu);

        Parallel.For(0, Threads, _ =>
        {
            for (int run = 0; run < Runs; run++)
                device.Allocate<float>([Numbers]).Dispose();
        });

        device.AllocatedBytes.Should().Be(0);
        device.PeakAllocatedBytes.Should().BeInRange(Bytes, Threads * (Bytes + Alignment));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Forget(AttentionDevice device) => device.Allocate<float>([Numbers]);
}
