using AttentionKernels.Oracle;
using AttentionKernels.Samples.CompareVariants.Inputs;

namespace AttentionKernels.Samples.CompareVariants;

/// <summary>A norm over rows: RMSNorm, or LayerNorm with weight and bias.</summary>
internal sealed class RowNormCase : ComparisonCase
{
    private const float Epsilon = 1e-5f;

    private readonly TensorShape shape;
    private readonly bool centered;
    private readonly Lazy<(float[] Input, float[] Weight, float[] Bias)> inputs;
    private readonly Lazy<Reference> reference;

    /// <summary>Makes a case.</summary>
    /// <param name="inputs">Where its inputs come from.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="hidden">Elements of a row.</param>
    /// <param name="centered">Whether the mean is subtracted, as LayerNorm does.</param>
    public RowNormCase(IInputs inputs, int rows, int hidden, bool centered)
    {
        shape = [rows, hidden];
        this.centered = centered;
        this.inputs = new(() => (
            inputs.Take(Content.Stream, shape.ElementCount), inputs.Take(Content.NormWeight, hidden), inputs.Take(Content.Value, hidden)));
        reference = new(() => Reference.OfNorm(centered
            ? NormalizationOracle.Layer(this.inputs.Value.Input, this.inputs.Value.Weight, this.inputs.Value.Bias, hidden, Epsilon)
            : NormalizationOracle.Rms(this.inputs.Value.Input, this.inputs.Value.Weight, hidden, Epsilon)));
    }

    /// <inheritdoc/>
    public override string Operation => "norm";

    /// <inheritdoc/>
    public override string Shape => $"{shape[0]} × {shape[1]}";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Variants => [centered ? "LayerNorm" : "RMSNorm"];

    /// <inheritdoc/>
    public override double Bytes => 2.0 * sizeof(float) * shape.ElementCount;

    /// <inheritdoc/>
    public override void Prepare(string variant, VariantRun run)
    {
        Tensor<float> input = run.Upload(inputs.Value.Input, shape);
        Tensor<float> weight = run.Upload(inputs.Value.Weight, [shape[1]]);
        Tensor<float> bias = run.Upload(inputs.Value.Bias, [shape[1]]);
        Tensor<float> output = run.Output(shape);
        run.Schedule = run.PreferredSchedule;
        run.Queue = centered
            ? () => run.Device.LayerNorm(input, weight.View, bias.View, output, Epsilon, run.Schedule)
            : () => run.Device.RmsNorm(input, weight, output, Epsilon, run.Schedule);
        run.Expect(output, reference.Value);
    }
}
