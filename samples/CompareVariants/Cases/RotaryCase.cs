using AttentionKernels.Oracle;
using AttentionKernels.Samples.CompareVariants.Inputs;

namespace AttentionKernels.Samples.CompareVariants;

/// <summary>Rotary embedding of the queries of one sequence, in one of its styles.</summary>
internal sealed class RotaryCase : ComparisonCase
{
    private readonly TensorShape shape;
    private readonly RotaryStyle style;
    private readonly Lazy<float[]> input;
    private readonly Lazy<Reference> reference;

    /// <summary>Makes a case.</summary>
    public RotaryCase(IInputs inputs, int tokens, int heads, int headDimension, RotaryStyle style)
    {
        shape = [1, tokens, heads, headDimension];
        this.style = style;
        input = new(() => inputs.Take(Content.Query, shape.ElementCount));
        int[] positions = [.. Enumerable.Range(0, tokens)];
        var oracle = RotaryOracle.OfBase(RotaryTable.DefaultBase, headDimension, style == RotaryStyle.Interleaved);
        reference = new(() => Reference.Of(
            oracle.Compute(input.Value, positions, heads, headDimension),
            oracle.Sequential(input.Value, positions, heads, headDimension),
            input.Value));
    }

    /// <inheritdoc/>
    public override string Operation => "rotary";

    /// <inheritdoc/>
    public override string Shape => $"{shape[1]} × {shape[2]} heads × {shape[3]}";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Variants => [style == RotaryStyle.HalfSplit ? "half-split" : "interleaved"];

    /// <inheritdoc/>
    public override double Bytes => 2.0 * sizeof(float) * shape.ElementCount;

    /// <inheritdoc/>
    public override void Prepare(string variant, VariantRun run)
    {
        RotaryTable table = run.Own(new RotaryTable(run.Device, (int)shape[1], (int)shape[3]));
        Tensor<float> source = run.Upload(input.Value, shape);
        Tensor<float> output = run.Output(shape);
        run.ExtraBytes = sizeof(float) * (table.Cosine.Shape.ElementCount + table.Sine.Shape.ElementCount);
        run.Queue = () => run.Device.RotaryEmbedding(source, table, output, style);
        run.Expect(output, reference.Value);
    }
}
