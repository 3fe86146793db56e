using AttentionKernels.Launching;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

internal static partial class NormModule<TElement, TCenter, TAffine>
{
    internal static partial class Simt<TAccess>
    {
        /// <summary>Layer norm y = (x − mean(x)) / √(var(x) + ε) · w + b with the biased variance, and RMSNorm y = x / √(mean(x²) + ε) · w,
        /// of rows or of their sum with others, which is stored. Simt schedule.</summary>
        /// <remarks>
        /// <para>Ba, Kiros and Hinton, "Layer normalization", 2016; Zhang and Sennrich, "Root mean square layer normalization",
        /// 2019.</para>
        /// <para>Tile: a work group owns a row, a thread the fours of features t, t+128, …, which come at one load and go at one store; the
        /// threads' sums meet in shared memory. Then the row is read once more, mostly from a cache. Rows that begin anywhere are summed
        /// in the same order, and have the same bits. Where rows are added, a thread adds its own fours, and reads no others.</para>
        /// </remarks>
        /// <typeparam name="TSource">Whether rows are added first.</typeparam>
        internal readonly struct RowNormSimt<TSource> : IGroupKernel<RowNormArguments>
            where TSource : struct, IRowSource
        {
            public static int GroupSize => GroupSum.Threads;

            public static void Run(RowNormArguments arguments)
            {
                ArrayView<float> shared = GroupSum.Allocate();
                NormRows rows = arguments.Rows;
                NormalizedValues values = rows.Row(Grid.IdxX);
                float first = First(arguments, values.First);
                if (TSource.IsSum)
                    Add(arguments, values.First);
                Standardization by = MomentsOf<RowSummation>(arguments.Input, values, first, rows.Epsilon, shared)
                    .Standardization(rows.Epsilon);
                var input = new Row(arguments.Input, values.First, rows.Hidden);
                var output = new Row(arguments.Output, rows.Offset(Grid.IdxX, rows.Output), rows.Hidden);
                for (int four = Group.IdxX; four < input.Fours; four += GroupSum.Threads)
                {
                    RegisterRow value = Standardized(by, input.Load(four));
                    if (TAffine.HasBias)
                        value = Features(rows.Bias, four, rows.Hidden).MultiplyAdd(value, Weights(rows, four));
                    else if (TAffine.HasWeight)
                        value = value.Multiply(Weights(rows, four));
                    output.Store(four, value);
                }
            }

            // The first number of a row, as it will be: all threads have read it before one of them writes it.
            private static float First(in RowNormArguments arguments, long row)
            {
                float first = TElement.Widen(arguments.Input[row]);
                if (TSource.IsSum)
                {
                    first += TElement.Widen(arguments.Addend[arguments.Rows.Offset(Grid.IdxX, arguments.Rows.Addend)]);
                    first = TElement.Widen(TElement.Narrow(first));
                    Group.Barrier();
                }

                return first;
            }

            private static void Add(in RowNormArguments arguments, long row)
            {
                var sum = new Row(arguments.Sum, row, arguments.Rows.Hidden);
                var addend = new Row(arguments.Addend, arguments.Rows.Offset(Grid.IdxX, arguments.Rows.Addend), arguments.Rows.Hidden);
                for (int four = Group.IdxX; four < sum.Fours; four += GroupSum.Threads)
                    sum.Store(four, sum.Load(four).Add(addend.Load(four)));
            }
        }
    }
}
