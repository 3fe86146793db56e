using AttentionKernels.Launching;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

internal static partial class NormModule<TElement, TCenter, TAffine>
{
    internal static partial class Simt<TAccess>
    {
        internal static partial class Of<TSource>
        {
            /// <summary>Layer norm y = (x − mean(x)) / √(var(x) + ε) · w + b with the biased variance, and RMSNorm
            /// y = x / √(mean(x²) + ε) · w, of rows or of their sum with others, which is stored. Simt schedule.</summary>
            /// <remarks>
            /// <para>Ba, Kiros and Hinton, "Layer normalization", 2016; Zhang and Sennrich, "Root mean square layer normalization",
            /// 2019.</para>
            /// <para>Tile: a work group owns a row, a thread the fours of features t, t+128, …, which come at one load and go at one store;
            /// the threads' sums meet in shared memory. Then the row is read once more, mostly from a cache. Rows that begin anywhere are
            /// summed in the same order, and have the same bits. Where rows are added, a thread adds its own fours, and reads no
            /// others.</para>
            /// </remarks>
            internal readonly struct RowNormSimt : IGroupKernel<RowNormArguments>
            {
                public static int GroupSize => GroupSum.Threads;

                public static void Run(RowNormArguments arguments)
                {
                    NormRows rows = arguments.Rows;
                    NormalizedValues values = rows.Row(Grid.IdxX);
                    Standardization by = StandardizationOf(
                        arguments.Input, arguments.Addend, arguments.Sum, rows, values, GroupSum.Allocate());
                    var input = new Row<TElement>(arguments.Input, values.First, rows.Hidden);
                    var output = new Row<TElement>(arguments.Output, rows.Offset(Grid.IdxX, rows.Output), rows.Hidden);
                    for (int four = Group.IdxX; four < input.Fours; four += GroupSum.Threads)
                        output.Store(four, Normalized(by, rows, four, input.Load(four)));
                }
            }
        }
    }
}
