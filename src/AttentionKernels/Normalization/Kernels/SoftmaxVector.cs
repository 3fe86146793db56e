using System.Runtime.CompilerServices;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

internal static partial class NormModule<TElement, TCenter, TAffine>
{
    internal static partial class Vector<TVector, TStore>
    {
        /// <summary>y = e^(x − max x) / Σ e^(x − max x), and 0 where all of the row is −∞. Vector schedule.</summary>
        /// <remarks>Milakov and Gimelshein, "Online normalizer calculation for softmax", 2018. Tile: one row. Its maximum and its sum in
        /// one pass, a chunk at a time, and the output in another one, which finds the row in the cache. Rows that no cache will hold are
        /// written by non-temporal stores.</remarks>
        internal readonly struct SoftmaxVector : ITileKernel<RowNormArguments>
        {
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            public static void Run(RowNormArguments arguments, long tile, ArrayView<float> scratch)
            {
                NormRows rows = arguments.Rows;
                ArrayView<TElement> input = arguments.Input.SubView(rows.Offset(tile, rows.Input));
                ExponentialSum sum = RowKernels<TVector, TElement, TStore>.RowExponentials.Sum(input, rows.Hidden);
                RowKernels<TVector, TElement, TStore>.RowExponentials.Normalize(
                    input, sum.Subtrahend, sum.Normalizer, arguments.Output.SubView(rows.Offset(tile, rows.Output)), rows.Hidden);
            }
        }
    }
}
