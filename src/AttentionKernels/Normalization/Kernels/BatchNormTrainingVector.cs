using AttentionKernels.Intrinsics;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

/// <summary>y = (x − mean_c) / √(var_c + ε) · w_c + b_c over all values of a channel c, and the running statistics. Vector schedule.</summary>
/// <remarks>Ioffe and Szegedy, "Batch normalization", 2015. Tile: one channel; three passes: mean, variance of the differences, output.</remarks>
internal readonly struct BatchNormTrainingVector<TAffine> : ITileKernel<BatchNormArguments>
    where TAffine : struct, IAffine
{
    public static void Run(BatchNormArguments arguments, long tile, ArrayView<float> scratch)
    {
        float sum = 0f;
        for (int batch = 0; batch < arguments.Batch; batch++)
        {
            long plane = arguments.Offset(tile, batch * arguments.Spatial);
            for (long place = 0; place < arguments.Spatial; place++)
                sum += arguments.Input[plane + place];
        }

        float mean = sum / arguments.Count;
        float squares = 0f;
        for (int batch = 0; batch < arguments.Batch; batch++)
        {
            long plane = arguments.Offset(tile, batch * arguments.Spatial);
            for (long place = 0; place < arguments.Spatial; place++)
            {
                float difference = arguments.Input[plane + place] - mean;
                squares = FusedMultiplyAdd.Fma(difference, difference, squares);
            }
        }

        float inverse = 1f / MathF.Sqrt((squares / arguments.Count) + arguments.Epsilon);
        for (int batch = 0; batch < arguments.Batch; batch++)
        {
            long plane = arguments.Offset(tile, batch * arguments.Spatial);
            for (long place = 0; place < arguments.Spatial; place++)
            {
                arguments.Output[plane + place] =
                    TAffine.Apply((arguments.Input[plane + place] - mean) * inverse, arguments.Weight, arguments.Bias, tile);
            }
        }

        arguments.StoreStatistics(tile, mean, squares, inverse);
    }
}
