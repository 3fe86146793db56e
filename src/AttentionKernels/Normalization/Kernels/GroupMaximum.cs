using AttentionKernels.Formats;
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

    /// <summary>The largest magnitude of four numbers and another one, where NaN is larger than any number.</summary>
    public static float LargerMagnitude(RegisterRow numbers, float than)
    {
        uint first = Math.Max(RowScale.Magnitude(numbers.A), RowScale.Magnitude(numbers.B));
        uint second = Math.Max(RowScale.Magnitude(numbers.C), RowScale.Magnitude(numbers.D));
        return Interop.IntAsFloat(Math.Max(RowScale.Magnitude(than), Math.Max(first, second)));
    }

    /// <summary>The largest number over all threads, the same for each. A sum may follow without a barrier, as on a sum.</summary>
    /// <param name="value">The thread's number.</param>
    /// <param name="shared">Shared memory of <see cref="GroupSum.SharedLength"/> elements.</param>
    public static float Of(float value, ArrayView<float> shared) => Of(value, shared, ofMagnitudes: false);

    /// <summary>The largest magnitude over all threads, NaN where one has it.</summary>
    /// <inheritdoc cref="Of(float, ArrayView{float})"/>
    public static float OfMagnitudes(float value, ArrayView<float> shared) => Of(value, shared, ofMagnitudes: true);

    private static float Of(float value, ArrayView<float> shared, bool ofMagnitudes)
    {
        int part = Group.IdxX / GroupSum.PartThreads;
        shared[Group.IdxX] = value;
        Group.Barrier();
        ArrayView<RegisterRow> numbers = shared.Cast<RegisterRow>();
        float largest = LargestOf(numbers, part * (GroupSum.PartThreads / 4), GroupSum.PartThreads / 4, ofMagnitudes);
        if (Group.IdxX % GroupSum.PartThreads == 0)
            shared[GroupSum.FirstPart + part] = largest;
        Group.Barrier();
        return LargestOf(numbers, GroupSum.FirstPart / 4, GroupSum.Parts / 4, ofMagnitudes);
    }

    private static float LargestOf(ArrayView<RegisterRow> fours, int first, int count, bool ofMagnitudes)
    {
        float largest = ofMagnitudes ? 0f : float.NegativeInfinity;
        for (int four = first; four < first + count; four++)
            largest = ofMagnitudes ? LargerMagnitude(fours[four], largest) : Larger(fours[four], largest);
        return largest;
    }
}
