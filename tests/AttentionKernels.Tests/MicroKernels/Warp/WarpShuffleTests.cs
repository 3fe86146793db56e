using AttentionKernels.Launching;
using AttentionKernels.MicroKernels.Warp;
using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using ILGPU;
using ILGPU.Runtime;
using Xunit;

namespace AttentionKernels.Tests.MicroKernels.Warp;

/// <summary>Sixteen threads add their numbers up by shuffles where the device says that it has subgroups, and nowhere else.</summary>
public class WarpShuffleTests(TestDevices devices) : DeviceTests(devices)
{
    private const int Threads = 128;
    private const int Part = 16;

    [Theory, EachBackend]
    public void Sixteen_threads_sum(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using MemoryBuffer1D<float, Stride1D.Dense> result = device.Accelerator.Allocate1D<float>(Threads);
        device.LoadGroupKernel<SumOfThreads, SumArguments>().Run(
            device.DefaultStream, new SumArguments { Output = result.View.AsContiguous() }, 1);
        device.Synchronize();

        // What shared memory has is not what the threads have: the result says which of them was summed.
        float sign = device.Description.SubGroups ? 1 : -1;
        result.GetAsArray1D().Should().Equal(Enumerable.Range(0, Threads)
            .Select(thread => sign * Enumerable.Range(thread / Part * Part, Part).Sum()));
    }

    internal struct SumArguments
    {
        public ArrayView<float> Output;
    }

    internal readonly struct SumOfThreads : IGroupKernel<SumArguments>
    {
        public static int GroupSize => Threads;

        public static void Run(SumArguments arguments)
        {
            int thread = Group.IdxX;
            ArrayView<float> shared = SharedMemory.Allocate<float>(Threads);
            shared[thread] = -thread;
            Group.Barrier();
            arguments.Output[thread] = WarpShuffle.SumOfSixteen(thread, ref shared[thread / Part * Part]);
        }
    }
}
