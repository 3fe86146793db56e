using System.Runtime.CompilerServices;
using AttentionKernels.MicroKernels;
using AttentionKernels.Simd;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

internal static partial class BatchNormModule<TAffine>
{
    /// <summary>y = (x − runningMean_c) / √(runningVariance_c + ε) · w_c + b_c. Vector schedule.</summary>
    /// <remarks>
    /// Ioffe and Szegedy, "Batch normalization", 2015. Tile: a channel's plane of a sample, or, where planes are short, those of all
    /// channels.
    /// </remarks>
    internal readonly struct BatchNormInferenceVector<TVector> : ITileKernel<BatchNormArguments>
        where TVector : struct, IVector<TVector>
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public static void Run(BatchNormArguments arguments, long tile, ArrayView<float> scratch)
        {
            long first = tile * arguments.PlanesPerTile;
            for (long plane = first; plane < first + arguments.PlanesPerTile; plane++)
            {
                int channel = arguments.ChannelOf(plane);
                float weight = TAffine.HasWeight ? arguments.Weight[channel] : 1f;
                float bias = TAffine.HasBias ? arguments.Bias[channel] : 0f;
                RowNorm<TVector>.NormalizePlane(
                    arguments.Input.SubView(plane * arguments.Spatial), arguments.RunningStandardization(channel), weight, bias,
                    arguments.Output.SubView(plane * arguments.Spatial), (int)arguments.Spatial);
            }
        }
    }
}
