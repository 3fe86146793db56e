using AttentionKernels.Rooflines;
using AttentionKernels.Timing;

namespace AttentionKernels.Bench;

/// <summary>What the processor can do at most: loops of ours by all of its threads, without any driver.</summary>
internal static class ProcessorCeilings
{
    private const int FmaSteps = 400_000, LeastMegabytes = 128;

    /// <summary>Measures, in 10⁹ bytes and operations a second.</summary>
    public static unsafe (double Read, double Copy, double Fma, double? Tensor) Measure()
    {
        int threads = Environment.ProcessorCount;

        // Four times the cache, so that next to nothing of it is there when it is read again.
        long length = Math.Max(4 * LastLevelCache.Bytes, (long)LeastMegabytes << 20) / sizeof(float) / VectorLoops.Step * VectorLoops.Step;
        using var source = new AlignedBuffer(length);
        using var target = new AlignedBuffer(length);
        double gigabytes = length * sizeof(float) / 1e9;
        double read = CeilingMeasurement.Best(gigabytes, () => Run(VectorLoops.Read));
        double copy = CeilingMeasurement.Best(2 * gigabytes, () => Run(VectorLoops.Copy));
        double past = CeilingMeasurement.Best(2 * gigabytes, () => Run(VectorLoops.CopyNonTemporal));

        double operations = FmaLoop.Run(FmaSteps);
        double fma = CeilingMeasurement.Best(threads * operations / 1e9, () => Parallel.For(0, threads, _ => FmaLoop.Run(FmaSteps)));
        return (read, Math.Max(copy, past), fma, null);

        void Run(VectorLoop loop)
        {
            long steps = length / VectorLoops.Step;
            Parallel.For(0, threads, thread =>
            {
                long first = steps * thread / threads * VectorLoops.Step, end = steps * (thread + 1) / threads * VectorLoops.Step;
                loop(source.Start + first, target.Start + first, end - first);
            });
        }
    }
}
