using AttentionKernels.Tests.Infrastructure;

namespace AttentionKernels.Tests.Attention;

/// <summary>Every kernel that a backend can run, as options that force it.</summary>
internal static class Schedules
{
    /// <summary>The schedules that take every format; TensorCore takes 16 bits only, and has tests of its own.</summary>
    public static KernelSchedule[] OfAnyFormat { get; } = [KernelSchedule.Vector, KernelSchedule.Simt];

    /// <summary>Algorithm, schedule and splits of every kernel of the backend.</summary>
    public static IEnumerable<AttentionOptions> Of(Backend backend)
    {
        yield return new AttentionOptions { Algorithm = AttentionAlgorithm.Naive };
        foreach (KernelSchedule schedule in OfAnyFormat)
        {
            if (schedule == KernelSchedule.Vector && backend == Backend.Cuda)
                continue;
            yield return new AttentionOptions { Algorithm = AttentionAlgorithm.Tiled, Schedule = schedule };
            yield return new AttentionOptions { Algorithm = AttentionAlgorithm.SplitKv, Schedule = schedule, Splits = 2 };
        }
    }
}
