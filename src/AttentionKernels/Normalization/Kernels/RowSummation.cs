using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

internal static partial class NormModule<TElement, TCenter, TAffine>
{
    internal static partial class Simt<TAccess>
    {
        /// <summary>A work group sums a row: a thread the fours t, t+128, …, four of them under way at a time, and the threads' sums meet
        /// in shared memory. Every thread has the result.</summary>
        internal readonly struct RowSummation : IShiftedSummation
        {
            private const int Threads = GroupSum.Threads;

            public static ShiftedSums Sums(
                ArrayView<TElement> input, NormalizedValues values, float scale, float center, ArrayView<float> shared)
            {
                var row = new Row<TElement>(input, values.First, values.PlaneLength);
                var sum = default(CompensatedSum);
                var squares = default(CompensatedSum);
                int four = Group.IdxX;
                for (; four + (3 * Threads) < row.Fours; four += 4 * Threads)
                {
                    RegisterRow a = row.Load(four);
                    RegisterRow b = row.Load(four + Threads);
                    RegisterRow c = row.Load(four + (2 * Threads));
                    RegisterRow d = row.Load(four + (3 * Threads));
                    a = Shift(a, scale, center);
                    b = Shift(b, scale, center);
                    c = Shift(c, scale, center);
                    d = row.Within(four + (3 * Threads), Shift(d, scale, center));
                    sum.Add(a.Add(b).Add(c.Add(d)).Sum());
                    squares.Add(a.Multiply(a).MultiplyAdd(b, b).MultiplyAdd(c, c).MultiplyAdd(d, d).Sum());
                }

                for (; four < row.Fours; four += Threads)
                {
                    RegisterRow a = row.Within(four, Shift(row.Load(four), scale, center));
                    sum.Add(a.Sum());
                    squares.Add(a.Multiply(a).Sum());
                }

                return GroupSum.Of(new ShiftedSums { Sum = TCenter.IsMean ? sum.Value : 0f, Squares = squares.Value }, shared);
            }

            private static RegisterRow Shift(RegisterRow x, float scale, float center) =>
                new RegisterRow(-center, -center, -center, -center).MultiplyAdd(scale, x);
        }
    }
}
