using System.Runtime.CompilerServices;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

/// <content>How a row is standardised that may be added to another one first.</content>
internal static partial class NormModule<TElement, TCenter, TAffine>
{
    internal static partial class Simt<TAccess>
    {
        /// <summary>Kernels of rows that may be added to others first.</summary>
        /// <typeparam name="TSource">Whether they are.</typeparam>
        internal static partial class Of<TSource>
            where TSource : struct, IRowSource
        {
            // How the work group's row is standardised; where it is added to another one, which then has the sum, how that is.
            private static Standardization StandardizationOf(
                ArrayView<TElement> input, ArrayView<TElement> addend, ArrayView<TElement> sum, NormRows rows, NormalizedValues values,
                ArrayView<float> shared)
            {
                long addendRow = TSource.IsSum ? rows.Offset(Grid.IdxX, rows.Addend) : 0;

                // The first number, as it will be: all threads have read it before one of them writes it.
                float first = TElement.Widen(input[values.First]);
                if (TSource.IsSum)
                {
                    first += TElement.Widen(addend[addendRow]);
                    first = TElement.Widen(TElement.Narrow(first));
                    Group.Barrier();
                    Add(
                        new Row<TElement>(sum, values.First, rows.Hidden), new Row<TElement>(addend, addendRow, rows.Hidden));
                }

                return MomentsOf<RowSummation>(input, values, first, rows.Epsilon, shared).Standardization(rows.Epsilon);
            }

            private static void Add(Row<TElement> sum, Row<TElement> addend)
            {
                for (int four = Group.IdxX; four < sum.Fours; four += GroupSum.Threads)
                    sum.Store(four, sum.Load(four).Add(addend.Load(four)));
            }
        }
    }

    internal static partial class Vector<TVector, TStore>
    {
        // How a row is standardised; where it is added to another one, which then has the sum, how that is.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Standardization StandardizationOf(
            ArrayView<TElement> input, ArrayView<TElement> addend, ArrayView<TElement> sums, in NormRows rows, long tile,
            ArrayView<float> scratch)
        {
            NormalizedValues row = rows.Row(tile);
            // Asked once a row, that costs a processor nothing; kernels of GPUs differ (IRowSource).
            if (addend.Length > 0)
            {
                ArrayView<TElement> sum = sums.SubView(row.First);
                RowKernels<TVector, TElement, CachedStore>.RowFormula.Of<SumFormula>.Apply(
                    sum, addend.SubView(rows.Offset(tile, rows.Addend)), sum, rows.Hidden);
            }

            float first = TElement.Widen(input[row.First]);
            return MomentsOf<VectorSummation>(input, row, first, rows.Epsilon, scratch).Standardization(rows.Epsilon);
        }
    }
}
