using System.Runtime.CompilerServices;
using AttentionKernels.MicroKernels;
using AttentionKernels.Simd;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

internal static partial class RowNormModule<TCenter, TAffine>
{
    /// <summary>Layer norm y = (x − mean(x)) / √(var(x) + ε) · w + b with the biased variance, and RMSNorm y = x / √(mean(x²) + ε) · w.
    /// Vector schedule.</summary>
    /// <remarks>
    /// <para>Ba, Kiros and Hinton, "Layer normalization", 2016; Zhang and Sennrich, "Root mean square layer normalization", 2019.</para>
    /// <para>Tile: one row. Its sums, as a rule in one pass, and the output in a second one, which finds the row in the cache. Rows that no
    /// cache will hold are written by non-temporal stores, which saves reading the memory that they overwrite.</para>
    /// </remarks>
    internal readonly struct RowNormVector<TVector, TStore> : ITileKernel<RowNormArguments>
        where TVector : struct, IVector<TVector>
        where TStore : struct, IStorePolicy
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public static void Run(RowNormArguments arguments, long tile, ArrayView<float> scratch)
        {
            NormalizedValues row = arguments.Row(tile);
            Standardization by = Moments.Of<VectorSummation<TVector>, TCenter>(arguments.Input, row, arguments.Epsilon, scratch)
                .Standardization(arguments.Epsilon);
            RowNorm<TVector>.Normalize<TAffine, TStore>(
                arguments.Input.SubView(row.First), by, arguments.Weight, arguments.Bias,
                arguments.Output.SubView(tile * arguments.OutputRowStride), arguments.Hidden);
        }
    }
}
