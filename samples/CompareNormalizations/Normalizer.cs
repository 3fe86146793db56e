namespace AttentionKernels.Samples.CompareNormalizations;

/// <summary>The library's norms on a device, of host data and without weights and biases: what is measured is the norm alone.</summary>
/// <param name="device">The device.</param>
internal sealed class Normalizer(AttentionDevice device)
{
    /// <summary>What is added to each variance: the default of the library and of PyTorch.</summary>
    public const float Epsilon = 1e-5f;

    /// <summary>Groups of group norm.</summary>
    public const int Groups = 8;

    /// <summary>Layer norm of rows of so many features.</summary>
    public float[] Layer(float[] rows, int features) => Run(
        rows, [rows.Length / features, features], (input, output) => device.LayerNorm(input, null, null, output, Epsilon));

    /// <summary>RMS norm of rows of so many features.</summary>
    public float[] Rms(float[] rows, int features)
    {
        using Tensor<float> weight = device.Upload([.. Enumerable.Repeat(1f, features)], [features]);
        return Run(rows, [rows.Length / features, features], (input, output) => device.RmsNorm(input, weight, output, Epsilon));
    }

    /// <summary>Group norm of samples [batch, features, …].</summary>
    public float[] Group(float[] samples, TensorShape shape) => Run(
        samples, shape, (input, output) => device.GroupNorm(input, Groups, null, null, output, new NormOptions { Epsilon = Epsilon }));

    /// <summary>Batch norm of samples [batch, features, …] by their own statistics, which also update the running ones.</summary>
    /// <exception cref="ArgumentException">A feature has a single value: there is no variance.</exception>
    public float[] BatchTraining(float[] samples, TensorShape shape, RunningStatistics running, float momentum = 0.1f) => Run(
        samples, shape, (input, output) => device.BatchNormTraining(input, running.Channels, output, momentum, Epsilon));

    /// <summary>Batch norm of samples [batch, features, …] by their own statistics, where nobody needs the running ones.</summary>
    public float[] BatchTraining(float[] samples, TensorShape shape)
    {
        using RunningStatistics running = Untrained((int)shape[1]);
        return BatchTraining(samples, shape, running);
    }

    /// <summary>Batch norm of samples [batch, features, …] by running statistics.</summary>
    public float[] BatchInference(float[] samples, TensorShape shape, RunningStatistics running) => Run(
        samples, shape, (input, output) => device.BatchNormInference(input, running.Channels, output, Epsilon));

    /// <summary>Tokens [count, features] by each norm but for a comparison; group norm has groups of a token's features.</summary>
    public float[][] All(float[] tokens, int features, RunningStatistics running)
    {
        TensorShape shape = [tokens.Length / features, features];
        return
        [
            BatchTraining(tokens, shape), BatchInference(tokens, shape, running), Layer(tokens, features), Rms(tokens, features),
            Group(tokens, shape),
        ];
    }

    /// <summary>Running statistics before any training.</summary>
    public RunningStatistics Untrained(int features) => new(device, features);

    /// <summary>Running statistics as endless training on a population leaves them: its true ones.</summary>
    public RunningStatistics Trained(Population population) => new(device, population.Means, population.Variances);

    private float[] Run(float[] values, TensorShape shape, Action<TensorView<float>, TensorView<float>> normalize)
    {
        using Tensor<float> input = device.Upload(values, shape);
        using Tensor<float> output = device.Allocate<float>(shape);
        normalize(input, output);
        return output.ToArray();
    }
}
