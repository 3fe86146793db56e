namespace AttentionKernels.Oracle;

/// <summary>The norms in fp64 by their definitions, two passes each, on dense host arrays.</summary>
internal static class NormalizationOracle
{
    /// <summary>RMSNorm: x / √(mean x² + ε) · weight, over rows of <paramref name="size"/> elements.</summary>
    public static double[] Rms(float[] input, float[] weight, int size, float epsilon) => Rows(input, size, (row, output) =>
    {
        double square = 0;
        foreach (float element in row)
            square += (double)element * element;
        double factor = 1 / Math.Sqrt((square / size) + epsilon);
        for (int index = 0; index < size; index++)
            output[index] = row[index] * factor * weight[index];
    });

    /// <summary>LayerNorm: (x − mean) / √(variance + ε) · weight + bias, over rows of <paramref name="size"/> elements.</summary>
    public static double[] Layer(float[] input, float[] weight, float[] bias, int size, float epsilon) => Rows(input, size, (row, output) =>
    {
        double sum = 0;
        foreach (float element in row)
            sum += element;
        double mean = sum / size;
        double squares = 0;
        foreach (float element in row)
            squares += (element - mean) * (element - mean);
        double factor = 1 / Math.Sqrt((squares / size) + epsilon);
        for (int index = 0; index < size; index++)
            output[index] = ((row[index] - mean) * factor * weight[index]) + bias[index];
    });

    /// <summary>Softmax: e^(x − max x) / Σ e^(x − max x), over rows of <paramref name="size"/> elements; 0 where all of a row is −∞.</summary>
    public static double[] Softmax(float[] input, int size) => Rows(input, size, (row, output) =>
    {
        double maximum = double.NegativeInfinity;
        foreach (float element in row)
            maximum = Math.Max(maximum, element);
        if (double.IsNegativeInfinity(maximum))
            return;
        double sum = 0;
        foreach (float element in row)
            sum += Math.Exp(element - maximum);
        for (int index = 0; index < size; index++)
            output[index] = Math.Exp(row[index] - maximum) / sum;
    });

    /// <summary>GroupNorm over input [batch, channels, spatial]: a group of a sample is a row of layer norm; weights and biases are of
    /// channels.</summary>
    public static double[] Group(float[] input, float[] weight, float[] bias, int groups, int spatial, float epsilon)
    {
        int channels = weight.Length;
        int size = channels / groups * spatial;
        double[] normalized = Layer(input, [.. Enumerable.Repeat(1f, size)], new float[size], size, epsilon);
        return [.. normalized.Select((value, index) => (value * weight[index / spatial % channels]) + bias[index / spatial % channels])];
    }

    /// <summary>BatchNorm over input [batch, channels, spatial] by the given mean and variance of each channel.</summary>
    public static double[] Batch(
        float[] input, float[] weight, float[] bias, IReadOnlyList<double> mean, IReadOnlyList<double> variance, float epsilon, int spatial = 1)
    {
        var output = new double[input.Length];
        for (int index = 0; index < input.Length; index++)
        {
            int channel = index / spatial % weight.Length;
            output[index] = ((input[index] - mean[channel]) / Math.Sqrt(variance[channel] + epsilon) * weight[channel]) + bias[channel];
        }

        return output;
    }

    /// <summary>Mean and biased variance of each channel of input [batch, channels, spatial], as training uses them.</summary>
    public static (double[] Mean, double[] Variance) BatchMoments(float[] input, int channels, int spatial = 1)
    {
        double count = input.Length / channels;
        var mean = new double[channels];
        for (int index = 0; index < input.Length; index++)
            mean[index / spatial % channels] += input[index];
        mean = [.. mean.Select(sum => sum / count)];

        var variance = new double[channels];
        for (int index = 0; index < input.Length; index++)
        {
            int channel = index / spatial % channels;
            variance[channel] += (input[index] - mean[channel]) * (input[index] - mean[channel]);
        }

        return (mean, [.. variance.Select(squares => squares / count)]);
    }

    /// <summary>A running statistic after a training step: (1 − momentum)·running + momentum·batch.</summary>
    public static double[] Running(float[] running, double[] batch, float momentum) =>
        [.. running.Zip(batch, (old, now) => ((1.0 - momentum) * old) + (momentum * now))];

    /// <summary>The unbiased variance, which the running variance is fed with, from the biased one.</summary>
    public static double[] Unbiased(double[] variance, int samples) => [.. variance.Select(biased => biased * samples / (samples - 1.0))];

    private static double[] Rows(float[] input, int size, NormalizeRow normalize)
    {
        var output = new double[input.Length];
        Parallel.For(0, input.Length / size, row => normalize(input.AsSpan(row * size, size), output.AsSpan(row * size, size)));
        return output;
    }

    private delegate void NormalizeRow(ReadOnlySpan<float> row, Span<double> output);
}
