using System.Numerics;

namespace AttentionKernels.Samples.CompareVariants.Oracle;

/// <summary>The norms by their definitions, in any precision: a pass for the mean, one for the variance, one for the result.</summary>
internal static class NormOracle
{
    /// <summary>What the library's norms add to a variance by default.</summary>
    public const float Epsilon = 1e-5f;

    /// <summary>How much of the running statistics a training step of the library replaces by default.</summary>
    public const float Momentum = 0.1f;

    /// <summary>x / √(mean(x²) + ε) · w over rows.</summary>
    public static T[] RmsNorm<T>(float[] input, float[] weight)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var output = new T[input.Length];
        Parallel.For(0, input.Length / weight.Length, row =>
        {
            int start = row * weight.Length;
            T squares = T.Zero;
            for (int index = 0; index < weight.Length; index++)
                squares += Convert<T>(input[start + index]) * Convert<T>(input[start + index]);
            T deviation = T.Sqrt(squares / Convert<T>(weight.Length) + Convert<T>(Epsilon));
            for (int index = 0; index < weight.Length; index++)
                output[start + index] = Convert<T>(input[start + index]) / deviation * Convert<T>(weight[index]);
        });
        return output;
    }

    /// <summary>(x − mean(x)) / √(var(x) + ε) · w + b over rows.</summary>
    public static T[] LayerNorm<T>(float[] input, float[] weight, float[] bias)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var output = new T[input.Length];
        Parallel.For(0, input.Length / weight.Length, row =>
        {
            int start = row * weight.Length;
            T sum = T.Zero;
            for (int index = 0; index < weight.Length; index++)
                sum += Convert<T>(input[start + index]);
            T mean = sum / Convert<T>(weight.Length);
            T squares = T.Zero;
            for (int index = 0; index < weight.Length; index++)
            {
                T difference = Convert<T>(input[start + index]) - mean;
                squares += difference * difference;
            }

            T deviation = T.Sqrt(squares / Convert<T>(weight.Length) + Convert<T>(Epsilon));
            for (int index = 0; index < weight.Length; index++)
                output[start + index] = (Convert<T>(input[start + index]) - mean) / deviation * Convert<T>(weight[index]) + Convert<T>(bias[index]);
        });
        return output;
    }

    /// <summary>Batch norm by the statistics of the batch, and the running statistics after the step.</summary>
    public static (T[] Output, T[] RunningMean, T[] RunningVariance) BatchNormTraining<T>(
        float[] input, int spatial, float[] weight, float[] bias, float[] runningMean, float[] runningVariance)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        int channels = weight.Length;
        int batch = input.Length / channels / spatial;
        T count = Convert<T>((float)batch * spatial), momentum = Convert<T>(Momentum);
        var output = new T[input.Length];
        var newMean = new T[channels];
        var newVariance = new T[channels];
        Parallel.For(0, channels, channel =>
        {
            T sum = T.Zero;
            for (int sample = 0; sample < batch; sample++)
            {
                int start = (sample * channels + channel) * spatial;
                for (int place = 0; place < spatial; place++)
                    sum += Convert<T>(input[start + place]);
            }

            T mean = sum / count;
            T squares = T.Zero;
            for (int sample = 0; sample < batch; sample++)
            {
                int start = (sample * channels + channel) * spatial;
                for (int place = 0; place < spatial; place++)
                {
                    T difference = Convert<T>(input[start + place]) - mean;
                    squares += difference * difference;
                }
            }

            Normalize(input, output, channel, spatial, mean, squares / count, weight, bias);
            newMean[channel] = (T.One - momentum) * Convert<T>(runningMean[channel]) + momentum * mean;
            newVariance[channel] = (T.One - momentum) * Convert<T>(runningVariance[channel]) + momentum * (squares / (count - T.One));
        });
        return (output, newMean, newVariance);
    }

    /// <summary>Batch norm by the running statistics.</summary>
    public static T[] BatchNormInference<T>(
        float[] input, int spatial, float[] weight, float[] bias, float[] runningMean, float[] runningVariance)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var output = new T[input.Length];
        Parallel.For(0, weight.Length, channel => Normalize(
            input, output, channel, spatial, Convert<T>(runningMean[channel]), Convert<T>(runningVariance[channel]), weight, bias));
        return output;
    }

    private static void Normalize<T>(
        float[] input, T[] output, int channel, int spatial, T mean, T variance, float[] weight, float[] bias)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        T deviation = T.Sqrt(variance + Convert<T>(Epsilon));
        for (int start = channel * spatial; start < input.Length; start += weight.Length * spatial)
        {
            for (int place = start; place < start + spatial; place++)
                output[place] = (Convert<T>(input[place]) - mean) / deviation * Convert<T>(weight[channel]) + Convert<T>(bias[channel]);
        }
    }

    private static T Convert<T>(float value)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        T.CreateTruncating(value);
}
