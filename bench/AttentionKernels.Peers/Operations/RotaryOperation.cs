using AttentionKernels.Problems;

namespace AttentionKernels.Peers.Operations;

/// <summary>Rotary embedding of the queries of one sequence, from position 0 on.</summary>
internal sealed class RotaryOperation : IOperation
{
    private readonly RotaryStyle _style;
    private readonly Lazy<float[]> _input;
    private readonly Lazy<(float[] Cosine, float[] Sine)> _angles;

    /// <summary>Makes the operation.</summary>
    public RotaryOperation(IInputs inputs, int tokens, int heads, int headDimension, RotaryStyle style)
    {
        (Tokens, Heads, HeadDimension, _style) = (tokens, heads, headDimension, style);
        _input = new(() => inputs.Take(Content.Query, (long)tokens * heads * headDimension));
        _angles = new(() =>
        {
            using AttentionDevice device = AttentionDevice.Open(DeviceKind.Cpu);
            using var table = new RotaryTable(device, tokens, headDimension);
            return (table.Cosine.ToArray(), table.Sine.ToArray());
        });
    }

    /// <inheritdoc/>
    public string Name => "rotary";

    /// <inheritdoc/>
    public string Shape => $"{Tokens} × {Heads} heads × {HeadDimension} {(IsInterleaved ? "interleaved" : "half-split")}";

    /// <inheritdoc/>
    public double? FloatingPointOperations => null;

    /// <inheritdoc/>
    public long BytesRead => sizeof(float) * (long)Tokens * Heads * HeadDimension;

    /// <summary>Tokens.</summary>
    public int Tokens { get; }

    /// <summary>Heads.</summary>
    public int Heads { get; }

    /// <summary>Elements of a head; all are rotated.</summary>
    public int HeadDimension { get; }

    /// <summary>Whether neighbours make a pair, not the two halves of a head.</summary>
    public bool IsInterleaved => _style == RotaryStyle.Interleaved;

    /// <summary>[1, tokens, heads, headDim].</summary>
    public float[] Input => _input.Value;

    /// <summary>[tokens, headDim / 2], the library's own.</summary>
    public float[] Cosine => _angles.Value.Cosine;

    /// <summary>Likewise.</summary>
    public float[] Sine => _angles.Value.Sine;

    /// <inheritdoc/>
    public PreparedRun Prepare(AttentionDevice device)
    {
        TensorShape shape = [1, Tokens, Heads, HeadDimension];
        var run = new DeviceRun(device);
        RotaryTable table = run.Share(new RotaryTable(device, Tokens, HeadDimension));
        for (int copy = 0; copy < ((IOperation)this).Copies; copy++)
        {
            Tensor<float> input = run.Upload(Input, shape);
            run.Add(shape, output => device.RotaryEmbedding(input, table, output, _style));
        }

        return run;
    }
}
