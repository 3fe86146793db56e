using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

internal static partial class NormModule<TElement, TCenter, TAffine>
{
    /// <summary>y = (x − runningMean_c) / √(runningVariance_c + ε) · w_c + b_c, on GPUs.</summary>
    /// <remarks>Ioffe and Szegedy, "Batch normalization", 2015. Tile: one element, so that neighbouring threads take neighbouring
    /// elements.</remarks>
    internal readonly struct BatchNormInference : ITileKernel<BatchNormArguments>
    {
        public static void Run(BatchNormArguments arguments, long tile, ArrayView<float> scratch)
        {
            NormChannels channels = arguments.Channels;
            long channel = channels.ChannelOf(Division.Of(tile, (int)channels.Spatial).Quotient);
            float value = channels.RunningStandardization(channel).Apply(TElement.Widen(arguments.Input[tile]));
            arguments.Output[tile] = TElement.Narrow(TAffine.Apply(value, channels.Weight, channels.Bias, channel));
        }
    }
}
