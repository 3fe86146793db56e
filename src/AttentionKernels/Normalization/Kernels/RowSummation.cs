using AttentionKernels.MicroKernels;
using ILGPU;
using ILGPU.Util;

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
                var row = new Row(input, values.First, values.PlaneLength);
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

        // A row in fours of features.
        private readonly struct Row
        {
            private readonly ArrayView<Four<TElement>> _fours;
            private readonly ArrayView<TElement> _features;
            private readonly int _length;

            // Compilers see memory's beginning to be aligned, but not that of a row.
            public Row(ArrayView<TElement> memory, long offset, int length)
            {
                _fours = memory.Cast<Four<TElement>>().SubView(TAccess.IsRegular ? offset >> 2 : 0);
                _features = memory.SubView(offset);
                _length = length;
            }

            /// <summary>Fours, the last one perhaps in part.</summary>
            public int Fours => TAccess.IsRegular ? _length >> 2 : ((_length - 1) >> 2) + 1;

            /// <summary>A four; behind the last feature that again.</summary>
            public RegisterRow Load(int four)
            {
                if (TAccess.IsRegular)
                    return StoredRow<TElement>.Widen(_fours[four]);
                return new RegisterRow(Feature(four, 0), Feature(four, 1), Feature(four, 2), Feature(four, 3));
            }

            public void Store(int four, RegisterRow features)
            {
                Four<TElement> stored = StoredRow<TElement>.Narrow(features);
                if (TAccess.IsRegular)
                {
                    _fours[four] = stored;
                    return;
                }

                _features[4 * four] = stored.A;
                if (IsWithin(four, 1))
                    _features[(4 * four) + 1] = stored.B;
                if (IsWithin(four, 2))
                    _features[(4 * four) + 2] = stored.C;
                if (IsWithin(four, 3))
                    _features[(4 * four) + 3] = stored.D;
            }

            /// <summary>Terms of a four; 0 behind the last feature.</summary>
            public RegisterRow Within(int four, RegisterRow terms)
            {
                if (TAccess.IsRegular)
                    return terms;
                return new RegisterRow(
                    terms.A, Utilities.Select(IsWithin(four, 1), terms.B, 0f),
                    Utilities.Select(IsWithin(four, 2), terms.C, 0f), Utilities.Select(IsWithin(four, 3), terms.D, 0f));
            }

            private bool IsWithin(int four, int place) => (4 * four) + place < _length;

            private float Feature(int four, int place) =>
                TElement.Widen(_features[Math.Min((4 * four) + place, _length - 1)]);
        }
    }
}
