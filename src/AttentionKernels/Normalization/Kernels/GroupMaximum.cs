using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

/// <summary>The largest number of the threads of a work group, as <see cref="GroupSum"/> has their sum.</summary>
internal static class GroupMaximum
{
    /// <summary>The larger number; a NaN counts as −∞ where it is the candidate.</summary>
    public static float Larger(float candidate, float than) => Selection.IfLess(than, candidate, candidate, than);

    /// <summary>The largest of four numbers and another one, where a NaN counts as −∞.</summary>
    public static float Larger(RegisterRow candidates, float than) =>
        Larger(candidates.A, Larger(candidates.B, Larger(candidates.C, Larger(candidates.D, than))));

    /// <summary>The largest number over all threads, the same for each. A sum may follow without a barrier, as on a sum.</summary>
    /// <param name="value">The thread's number.</param>
    /// <param name="shared">Shared memory of <see cref="GroupSum.SharedLength"/> elements.</param>
    public static float Of(float value, ArrayView<float> shared)
    {
        int part = Group.IdxX / GroupSum.PartThreads;
        shared[Group.IdxX] = value;
        Group.Barrier();
        ArrayView<RegisterRow> numbers = shared.Cast<RegisterRow>();
        float largest = LargestOf(numbers, part * (GroupSum.PartThreads / 4), GroupSum.PartThreads / 4);
        if (Group.IdxX % GroupSum.PartThreads == 0)
            shared[GroupSum.FirstPart + part] = largest;
        Group.Barrier();
        return LargestOf(numbers, GroupSum.FirstPart / 4, GroupSum.Parts / 4);
    }

    private static float LargestOf(ArrayView<RegisterRow> fours, int first, int count)
    {
        float largest = float.NegativeInfinity;
        for (int four = first; four < first + count; four++)
            largest = Larger(fours[four], largest);
        return largest;
    }
}
