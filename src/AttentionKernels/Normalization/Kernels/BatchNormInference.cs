using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

/// <summary>y = (x − runningMean_c) / √(runningVariance_c + ε) · w_c + b_c, on every device.</summary>
/// <remarks>
/// Ioffe and Szegedy, "Batch normalization", 2015. Tile: a run of elements of one sample, one element on a GPU, where neighbouring threads
/// so take neighbouring elements; on a processor a channel's plane, or, where planes are short, the planes of all channels.
/// </remarks>
internal readonly struct BatchNormInference<TAffine> : ITileKernel<BatchNormArguments>
    where TAffine : struct, IAffine
{
    public static void Run(BatchNormArguments arguments, long tile, ArrayView<float> scratch)
    {
        long first = tile * arguments.ElementsPerTile;
        long channel = first / arguments.Spatial % arguments.Channels;
        long plane = Math.Min(arguments.ElementsPerTile, arguments.Spatial);
        for (long start = first; start < first + arguments.ElementsPerTile; start += plane, channel++)
        {
            float mean = arguments.RunningMean[channel];
            float inverse = 1f / MathF.Sqrt(arguments.RunningVariance[channel] + arguments.Epsilon);
            for (long element = start; element < start + plane; element++)
            {
                arguments.Output[element] =
                    TAffine.Apply((arguments.Input[element] - mean) * inverse, arguments.Weight, arguments.Bias, channel);
            }
        }
    }
}
