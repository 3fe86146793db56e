using System.Runtime.InteropServices;
using FluentAssertions;

namespace AttentionKernels.Tests.Infrastructure;

/// <summary>Runs the same work again and again.</summary>
internal static class Repetition
{
    /// <summary>Fails unless every run returns the same bits: 50 runs, 3 where a work group is as many threads of the managed CPU.</summary>
    public static void VerifySameBits(Backend backend, KernelSchedule? schedule, Func<float[]> run)
    {
        int repeats = backend == Backend.Cpu && schedule == KernelSchedule.Simt ? 3 : 50;
        float[] first = run();
        for (int repeat = 1; repeat < repeats; repeat++)
            MemoryMarshal.AsBytes<float>(run()).SequenceEqual(MemoryMarshal.AsBytes<float>(first)).Should().BeTrue("repeat {0} is as the first run", repeat);
    }
}
