using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

/// <summary>What <see cref="GradientOfChunks"/> takes.</summary>
internal struct ChunkArguments
{
    public FeatureSums Sums;

    /// <summary>[features]; empty where it is not asked for.</summary>
    public ArrayView<float> Weight;

    /// <summary>[features]; empty where it is not asked for.</summary>
    public ArrayView<float> Bias;
}

/// <summary>The gradients of weights and biases from their sums over chunks of rows, in the order of the rows.</summary>
/// <remarks>Tile: a feature, first all of the weights, then all of the biases; neighbouring threads take neighbouring features.</remarks>
internal readonly struct GradientOfChunks : ITileKernel<ChunkArguments>
{
    public static void Run(ChunkArguments arguments, long tile, ArrayView<float> scratch)
    {
        FeatureSums sums = arguments.Sums;
        bool isWeight = tile < arguments.Weight.Length;
        long feature = isWeight ? tile : tile - arguments.Weight.Length;
        var sum = default(DoubleWordSum);
        float error = 0f;
        long place = feature + (isWeight ? 0L : 2L * sums.Stride);
        for (int chunk = 0; chunk < sums.Chunks; chunk++)
        {
            sum.Add(sums.Memory[place]);
            error += sums.Memory[place + sums.Stride];
            place += 4L * sums.Stride;
        }

        float total = CompensatedSum.Join(sum.High, sum.Low + error);
        if (isWeight)
            arguments.Weight[feature] = total;
        else
            arguments.Bias[feature] = total;
    }
}
