using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

internal static partial class BatchNormModule<TAffine>
{
    /// <summary>y = (x − runningMean_c) / √(runningVariance_c + ε) · w_c + b_c, on GPUs.</summary>
    /// <remarks>Ioffe and Szegedy, "Batch normalization", 2015. Tile: one element, so that neighbouring threads take neighbouring
    /// elements.</remarks>
    internal readonly struct BatchNormInference : ITileKernel<BatchNormArguments>
    {
        public static void Run(BatchNormArguments arguments, long tile, ArrayView<float> scratch)
        {
            long channel = arguments.ChannelOf(Division.Of(tile, (int)arguments.Spatial).Quotient);
            Standardization by = arguments.RunningStandardization(channel);
            arguments.Output[tile] = TAffine.Apply(by.Apply(arguments.Input[tile]), arguments.Weight, arguments.Bias, channel);
        }
    }
}
