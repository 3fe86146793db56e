using AttentionKernels.Oracle;
using AttentionKernels.Samples.CompareVariants.Inputs;

namespace AttentionKernels.Samples.CompareVariants;

/// <summary>Batch norm, a training step with its running statistics, or inference.</summary>
internal sealed class BatchNormCase : ComparisonCase
{
    private const float Epsilon = 1e-5f;
    private const float Momentum = 0.1f;

    private readonly TensorShape shape;
    private readonly bool training;
    private readonly Lazy<Operands> operands;
    private readonly Lazy<References> references;

    /// <summary>Makes a case.</summary>
    /// <param name="inputs">Where its inputs come from.</param>
    /// <param name="batch">Samples.</param>
    /// <param name="channels">Channels.</param>
    /// <param name="spatial">Values of a channel of a sample.</param>
    /// <param name="training">Whether the statistics are those of the batch.</param>
    public BatchNormCase(IInputs inputs, int batch, int channels, int spatial, bool training)
    {
        shape = [batch, channels, spatial];
        this.training = training;
        operands = new(() => new Operands(
            inputs.Take(Content.Stream, shape.ElementCount),
            inputs.Take(Content.NormWeight, channels),
            inputs.Take(Content.Value, channels),
            inputs.Take(Content.Key, channels),
            // A variance is positive.
            [.. inputs.Take(Content.Query, channels).Select(value => 0.5f + Math.Abs(value))]));
        references = new(() => training ? ReferToTraining() : ReferToInference());
    }

    /// <inheritdoc/>
    public override string Operation => "batch norm";

    /// <inheritdoc/>
    public override string Shape => $"{shape[0]} × {shape[1]} channels × {shape[2]}";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Variants => [training ? "training" : "inference"];

    /// <inheritdoc/>
    public override double Bytes => 2.0 * sizeof(float) * shape.ElementCount;

    /// <inheritdoc/>
    public override void Prepare(string variant, VariantRun run)
    {
        TensorShape channels = [shape[1]];
        Tensor<float> input = run.Upload(operands.Value.Input, shape);
        Tensor<float> weight = run.Upload(operands.Value.Weight, channels);
        Tensor<float> bias = run.Upload(operands.Value.Bias, channels);
        Tensor<float> mean = run.Upload(operands.Value.Mean, channels);
        Tensor<float> variance = run.Upload(operands.Value.Variance, channels);
        Tensor<float> output = run.Output(shape);
        var all = new BatchNormChannels(mean, variance) { Weight = weight.View, Bias = bias.View };
        run.Expect(output, references.Value.Output);
        if (training)
        {
            run.Schedule = run.PreferredSchedule;
            run.Queue = () => run.Device.BatchNormTraining(input, all, output, Momentum, Epsilon, run.Schedule);
            run.Expect(mean, references.Value.Mean!, operands.Value.Mean);
            run.Expect(variance, references.Value.Variance!, operands.Value.Variance);
        }
        else
        {
            run.Queue = () => run.Device.BatchNormInference(input, all, output, Epsilon);
        }
    }

    private References ReferToTraining()
    {
        (float[] input, float[] weight, float[] bias, float[] runningMean, float[] runningVariance) = operands.Value;
        (double[] mean, double[] variance) = NormalizationOracle.BatchMoments(input, weight.Length, (int)shape[2]);
        double[] unbiased = NormalizationOracle.Unbiased(variance, (int)(shape[0] * shape[2]));
        return new References(
            Reference.OfNorm(NormalizationOracle.Batch(input, weight, bias, mean, variance, Epsilon, (int)shape[2])),
            Reference.OfNorm(NormalizationOracle.Running(runningMean, mean, Momentum)),
            Reference.OfNorm(NormalizationOracle.Running(runningVariance, unbiased, Momentum)));
    }

    private References ReferToInference()
    {
        (float[] input, float[] weight, float[] bias, float[] mean, float[] variance) = operands.Value;
        double[] output = NormalizationOracle.Batch(
            input, weight, bias, Array.ConvertAll(mean, value => (double)value), Array.ConvertAll(variance, value => (double)value),
            Epsilon, (int)shape[2]);
        return new References(Reference.OfNorm(output), null, null);
    }

    private sealed record Operands(float[] Input, float[] Weight, float[] Bias, float[] Mean, float[] Variance);

    private sealed record References(Reference Output, Reference? Mean, Reference? Variance);
}
