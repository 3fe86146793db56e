using System.Runtime.CompilerServices;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

internal static partial class NormModule<TElement, TCenter, TAffine>
{
    internal static partial class Vector<TVector, TStore>
    {
        /// <summary>Layer norm y = (x − mean(x)) / √(var(x) + ε) · w + b with the biased variance, and RMSNorm y = x / √(mean(x²) + ε) · w,
        /// of rows or of their sum with others, which is stored. Vector schedule.</summary>
        /// <remarks>
        /// <para>Ba, Kiros and Hinton, "Layer normalization", 2016; Zhang and Sennrich, "Root mean square layer normalization",
        /// 2019.</para>
        /// <para>Tile: one row. The addition, if any; its sums, as a rule in one pass; and the output in another one, which finds the row
        /// in the cache. Rows that no cache will hold are written by non-temporal stores, which saves reading the memory that they
        /// overwrite.</para>
        /// </remarks>
        internal readonly struct RowNormVector : ITileKernel<RowNormArguments>
        {
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            public static void Run(RowNormArguments arguments, long tile, ArrayView<float> scratch)
            {
                Standardization by = StandardizationOf(arguments.Input, arguments.Addend, arguments.Sum, arguments.Rows, tile, scratch);
                RowKernels<TVector, TElement, TStore>.RowNorm<TAffine>.Normalize(
                    arguments.Input.SubView(arguments.Rows.Row(tile).First), by, arguments.Rows.Weight, arguments.Rows.Bias,
                    arguments.Output.SubView(arguments.Rows.Offset(tile, arguments.Rows.Output)), arguments.Rows.Hidden);
            }
        }
    }
}
