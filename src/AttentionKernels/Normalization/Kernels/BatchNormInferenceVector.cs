using System.Runtime.CompilerServices;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

internal static partial class NormModule<TElement, TCenter, TAffine>
{
    internal static partial class Vector<TVector, TStore>
    {
        /// <summary>y = (x − runningMean_c) / √(runningVariance_c + ε) · w_c + b_c. Vector schedule.</summary>
        /// <remarks>
        /// Ioffe and Szegedy, "Batch normalization", 2015. Tile: a channel's plane of a sample, or, where planes are short, those of all
        /// channels.
        /// </remarks>
        internal readonly struct BatchNormInferenceVector : ITileKernel<BatchNormArguments>
        {
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            public static void Run(BatchNormArguments arguments, long tile, ArrayView<float> scratch)
            {
                NormChannels channels = arguments.Channels;
                long first = tile * channels.PlanesPerTile;
                for (long plane = first; plane < first + channels.PlanesPerTile; plane++)
                {
                    int channel = channels.ChannelOf(plane);
                    NormalizePlane(arguments, channels.RunningStandardization(channel), channel, plane * channels.Spatial);
                }
            }
        }

        // A channel's values of a sample, which lie from an offset on.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void NormalizePlane(BatchNormArguments arguments, Standardization by, long channel, long plane)
        {
            NormChannels channels = arguments.Channels;
            RowKernels<TVector, TElement, TStore>.RowNorm<TAffine>.Normalize(
                arguments.Input.SubView(plane), by, channels.Weight.SubView(TAffine.HasWeight ? channel : 0),
                channels.Bias.SubView(TAffine.HasBias ? channel : 0), arguments.Output.SubView(plane), (int)channels.Spatial);
        }
    }
}
