using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

/// <summary>y = (x − runningMean_c) / √(runningVariance_c + ε) · w_c + b_c, on every device.</summary>
/// <remarks>
/// Ioffe and Szegedy, "Batch normalization", 2015. Tile: a run of elements of one channel of one sample, one element on a GPU, where
/// neighbouring threads so take neighbouring elements, and the whole plane on a processor.
/// </remarks>
internal readonly struct BatchNormInference<TAffine> : ITileKernel<BatchNormArguments>
    where TAffine : struct, IAffine
{
    public static void Run(BatchNormArguments arguments, long tile, ArrayView<float> scratch)
    {
        long first = tile * arguments.ElementsPerTile;
        long channel = first / arguments.Spatial % arguments.Channels;
        float mean = arguments.RunningMean[channel];
        float inverse = 1f / MathF.Sqrt(arguments.RunningVariance[channel] + arguments.Epsilon);
        for (long element = first; element < first + arguments.ElementsPerTile; element++)
        {
            arguments.Output[element] =
                TAffine.Apply((arguments.Input[element] - mean) * inverse, arguments.Weight, arguments.Bias, channel);
        }
    }
}
