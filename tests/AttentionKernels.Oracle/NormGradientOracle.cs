namespace AttentionKernels.Oracle;

/// <summary>The gradients of a norm.</summary>
/// <param name="Input">Those of the input.</param>
/// <param name="Weight">Those of the weight.</param>
/// <param name="Bias">Those of the bias.</param>
internal sealed record NormGradients(double[] Input, double[] Weight, double[] Bias);

/// <summary>The gradients of norms in fp64, by their formulas, on dense host arrays.</summary>
internal static class NormGradientOracle
{
    /// <summary>Those of layer norm, and of RMS norm if not about the mean, over rows of as many elements as there are weights.</summary>
    public static NormGradients Rows(float[] input, float[] weight, float[] outputGradient, float epsilon, bool isAboutMean)
    {
        int size = weight.Length;
        return Of(input, weight, outputGradient, index => index / size, index => index % size, epsilon, isAboutMean);
    }

    /// <summary>Those of batch norm in training over input [batch, channels, spatial].</summary>
    public static NormGradients Batch(float[] input, float[] weight, float[] outputGradient, float epsilon, int spatial)
    {
        int Channel(int index) => index / spatial % weight.Length;
        return Of(input, weight, outputGradient, Channel, Channel, epsilon, isAboutMean: true);
    }

    /// <summary>Those of batch norm in inference.</summary>
    public static NormGradients BatchInference(
        float[] input, float[] weight, float[] outputGradient, float[] mean, float[] variance, float epsilon, int spatial)
    {
        var gradients = new NormGradients(new double[input.Length], new double[weight.Length], new double[weight.Length]);
        for (int index = 0; index < input.Length; index++)
        {
            int channel = index / spatial % weight.Length;
            double factor = 1 / Math.Sqrt((double)variance[channel] + epsilon);
            gradients.Input[index] = outputGradient[index] * factor * weight[channel];
            gradients.Weight[channel] += outputGradient[index] * (input[index] - (double)mean[channel]) * factor;
            gradients.Bias[channel] += outputGradient[index];
        }

        return gradients;
    }

    /// <summary>Those of group norm over input [batch, channels, spatial].</summary>
    public static NormGradients Group(float[] input, float[] weight, float[] outputGradient, int groups, float epsilon, int spatial)
    {
        int size = weight.Length / groups * spatial;
        return Of(input, weight, outputGradient, index => index / size, index => index / spatial % weight.Length, epsilon, isAboutMean: true);
    }

    // Of whatever is normalised together, a unit, with a weight and a bias for each feature.
    private static NormGradients Of(
        float[] input, float[] weight, float[] outputGradient, Func<int, int> unit, Func<int, int> feature, float epsilon, bool isAboutMean)
    {
        var gradients = new NormGradients(new double[input.Length], new double[weight.Length], new double[weight.Length]);
        foreach (int[] indices in Enumerable.Range(0, input.Length).GroupBy(unit).Select(indices => indices.ToArray()))
        {
            double mean = isAboutMean ? indices.Average(index => (double)input[index]) : 0;
            double factor = 1 / Math.Sqrt(indices.Average(index => (input[index] - mean) * (input[index] - mean)) + epsilon);
            double Normalized(int index) => (input[index] - mean) * factor;
            double Weighted(int index) => (double)outputGradient[index] * weight[feature(index)];

            double meanOfGradients = isAboutMean ? indices.Average(Weighted) : 0;
            double correlation = indices.Average(index => Weighted(index) * Normalized(index));
            foreach (int index in indices)
            {
                gradients.Input[index] = (Weighted(index) - meanOfGradients - (Normalized(index) * correlation)) * factor;
                gradients.Weight[feature(index)] += outputGradient[index] * Normalized(index);
                gradients.Bias[feature(index)] += outputGradient[index];
            }
        }

        return gradients;
    }
}
