using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

internal static partial class NormModule<TElement, TCenter, TAffine>
{
    /// <summary>A work group sums: a thread the values t, t+128, …, and the threads' sums meet in shared memory. Simt schedule; every
    /// thread has the result.</summary>
    internal readonly struct GroupSummation : IShiftedSummation
    {
        public static ShiftedSums Sums(
            ArrayView<TElement> input, NormalizedValues values, float scale, float center, ArrayView<float> shared)
        {
            var sum = default(CompensatedSum);
            var squares = default(CompensatedSum);
            for (var cursor = ValueCursor.Start(values); cursor.IsWithin(values);)
            {
                float chunk = 0f;
                float chunkSquares = 0f;
                for (int term = 0; term < ShiftedSums.Chunk && cursor.IsWithin(values); term++)
                {
                    float shifted = FusedMultiplyAdd.Fma(TElement.Widen(input[cursor.Offset]), scale, -center);
                    chunk += shifted;
                    chunkSquares = FusedMultiplyAdd.Fma(shifted, shifted, chunkSquares);
                    cursor.Advance(values);
                }

                sum.Add(chunk);
                squares.Add(chunkSquares);
            }

            return GroupSum.Of(new ShiftedSums { Sum = sum.Value, Squares = squares.Value }, shared);
        }

        /// <summary>Σ x·scale over all values in twice the precision, then rounded once. Scale is a power of two.</summary>
        public static float Sum(ArrayView<TElement> input, NormalizedValues values, float scale, ArrayView<float> shared)
        {
            var sum = default(DoubleWordSum);
            for (var cursor = ValueCursor.Start(values); cursor.IsWithin(values);)
            {
                for (int term = 0; term < DoubleWordSum.Chunk && cursor.IsWithin(values); term++)
                {
                    sum.Add(TElement.Widen(input[cursor.Offset]) * scale);
                    cursor.Advance(values);
                }

                sum.Carry();
            }

            return GroupSum.Of(sum, shared);
        }
    }
}
