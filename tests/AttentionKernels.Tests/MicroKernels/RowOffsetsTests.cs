using System.Runtime.InteropServices;
using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.MicroKernels;

/// <summary>Lists of offsets at equal distances.</summary>
[Trait("Speed", "Quick")]
public class RowOffsetsTests(TestDevices devices) : DeviceTests(devices)
{
    [Theory, EachBackend(ProcessorsOnly = true)]
    public void A_list_has_its_start_and_its_stride(Backend backend)
    {
        using var memory = GuardedTensor<float>.Of(Device(backend), new float[20], [20]);

        CallMemory.Launch<OffsetFill>(Device(backend), 4, memory, [3, 7, -5, 4, 0, 0, 0, 0, 0, 0, 0, 0], [0]);

        memory.Verify();
        MemoryMarshal.Cast<float, long>(memory.ToArray()).ToArray().Should().Equal(0, 0, 0, 7, 2, -3, -8, 0, 0, 0);
    }

    [Fact]
    public void A_list_ends_where_its_memory_ends()
    {
        using var memory = GuardedTensor<float>.Of(Device(Backend.Cpu), new float[20], [20]);
        void Fill(int first) => CallMemory.Launch<OffsetFill>(Device(Backend.Cpu), 4, memory, [first, 7, -5, 4, 0, 0, 0, 0, 0, 0, 0, 0], [0]);

        Fill(6);
        this.Invoking(_ => Fill(7)).Should().Throw<BoundsException>().WithMessage("*extent is out of range*");
        Bounds.Take().Should().ContainSingle();
        memory.Verify();
    }
}
