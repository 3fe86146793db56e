using System.Runtime.CompilerServices;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

internal static partial class NormModule<TElement, TCenter, TAffine>
{
    internal static partial class Vector<TVector, TStore>
    {
        /// <summary>
        /// The gradients of layer norm, dx = (g − mean(g) − x̂·mean(g·x̂)) / √(var + ε) with g = dy·w and the normalised x̂, and of
        /// RMSNorm, where mean(g) is left out; and for each feature, over a chunk of rows, dw = Σ dy·x̂ and db = Σ dy. Vector schedule.
        /// </summary>
        /// <remarks>
        /// Tile: a chunk of rows, each read three times, from a cache but for the first: its moments once more, which no forward pass need
        /// keep; the sums over g; and dx. Meanwhile dy·x̂ and dy are added to the chunk's sums, which stay in a cache, with what each
        /// addition rounds away.
        /// </remarks>
        internal readonly struct RowNormBackwardVector : ITileKernel<RowBackwardArguments>
        {
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            public static void Run(RowBackwardArguments arguments, long tile, ArrayView<float> scratch)
            {
                NormRows rows = arguments.Rows;
                FeatureSums sums = arguments.Sums;
                ArrayView<float> ofChunk = sums.OfChunk(tile);
                VectorRow.Clear(ofChunk, 4 * sums.Stride);
                long end = sums.FirstRow(tile + 1, rows.Count);
                for (long row = sums.FirstRow(tile, rows.Count); row < end; row++)
                {
                    NormalizedValues values = rows.Row(row);
                    float first = TElement.Widen(arguments.Input[values.First]);
                    Standardization by = MomentsOf<VectorSummation>(arguments.Input, values, first, rows.Epsilon, scratch)
                        .Standardization(rows.Epsilon);
                    ArrayView<TElement> input = arguments.Input.SubView(values.First);
                    ArrayView<TElement> gradient = arguments.OutputGradient.SubView(rows.Offset(row, rows.Addend));
                    NormSlope slope = SlopeOf(
                        by,
                        RowKernels<TVector, TElement, TStore>.RowNorm<TAffine>.GradientSums(input, gradient, by, rows.Weight, rows.Hidden),
                        rows.Hidden, 1f);
                    RowKernels<TVector, TElement, TStore>.RowNorm<TAffine>.Differentiate(
                        input, gradient, by, slope, rows.Weight, arguments.InputGradient.SubView(rows.Offset(row, rows.Output)), ofChunk,
                        rows.Hidden);
                }
            }
        }
    }
}
