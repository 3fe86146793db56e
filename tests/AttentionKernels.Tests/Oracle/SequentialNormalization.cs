namespace AttentionKernels.Tests.Oracle;

/// <summary>The N of the error rule for the norms: plain sequential fp32 loops, two passes each, on dense host arrays.</summary>
internal static class SequentialNormalization
{
    /// <summary>RMSNorm over rows of <paramref name="size"/> elements.</summary>
    public static float[] Rms(float[] input, float[] weight, int size, float epsilon)
    {
        var output = new float[input.Length];
        for (int first = 0; first < input.Length; first += size)
        {
            float square = 0f;
            for (int index = 0; index < size; index++)
                square += input[first + index] * input[first + index];
            float factor = 1f / MathF.Sqrt((square / size) + epsilon);
            for (int index = 0; index < size; index++)
                output[first + index] = input[first + index] * factor * weight[index];
        }

        return output;
    }

    /// <summary>LayerNorm over rows of <paramref name="size"/> elements.</summary>
    public static float[] Layer(float[] input, float[] weight, float[] bias, int size, float epsilon)
    {
        var output = new float[input.Length];
        for (int first = 0; first < input.Length; first += size)
        {
            (float mean, float variance) = Moments(input.AsSpan(first, size), 0, 1);
            float factor = 1f / MathF.Sqrt(variance + epsilon);
            for (int index = 0; index < size; index++)
                output[first + index] = ((input[first + index] - mean) * factor * weight[index]) + bias[index];
        }

        return output;
    }

    /// <summary>BatchNorm over input [samples, channels] by the given mean and variance of each channel.</summary>
    public static float[] Batch(float[] input, float[] weight, float[] bias, float[] mean, float[] variance, float epsilon)
    {
        var output = new float[input.Length];
        for (int index = 0; index < input.Length; index++)
        {
            int channel = index % weight.Length;
            output[index] = ((input[index] - mean[channel]) * (1f / MathF.Sqrt(variance[channel] + epsilon)) * weight[channel]) + bias[channel];
        }

        return output;
    }

    /// <summary>Mean and biased variance of each channel of input [samples, channels].</summary>
    public static (float[] Mean, float[] Variance) BatchMoments(float[] input, int channels)
    {
        var mean = new float[channels];
        var variance = new float[channels];
        for (int channel = 0; channel < channels; channel++)
            (mean[channel], variance[channel]) = Moments(input, channel, channels);
        return (mean, variance);
    }

    private static (float Mean, float Variance) Moments(ReadOnlySpan<float> elements, int first, int step)
    {
        float sum = 0f;
        int count = 0;
        for (int index = first; index < elements.Length; index += step, count++)
            sum += elements[index];
        float mean = sum / count;
        float squares = 0f;
        for (int index = first; index < elements.Length; index += step)
            squares += (elements[index] - mean) * (elements[index] - mean);
        return (mean, squares / count);
    }
}
