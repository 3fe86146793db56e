using AttentionKernels.Problems;

namespace AttentionKernels.Peers.Operations;

/// <summary>RMS norm, or layer norm where rows are centered.</summary>
internal sealed class RowNormOperation(IInputs inputs, int rows, int hidden, bool centered) : IOperation
{
    /// <summary>ε, for everybody.</summary>
    public const float Epsilon = 1e-5f;

    private readonly Lazy<float[]> _input = new(() => inputs.Take(Content.Stream, (long)rows * hidden));
    private readonly Lazy<float[]> _weight = new(() => inputs.Take(Content.NormWeight, hidden));
    private readonly Lazy<float[]> _bias = new(() => inputs.Take(Content.Value, hidden));

    /// <inheritdoc/>
    public string Name => centered ? "layernorm" : "rmsnorm";

    /// <inheritdoc/>
    public string Shape => $"{rows} × {hidden}";

    /// <inheritdoc/>
    public double? FloatingPointOperations => null;

    /// <inheritdoc/>
    public long BytesRead => sizeof(float) * (long)rows * hidden;

    /// <summary>Whether the mean is subtracted and a bias added: layer norm.</summary>
    public bool IsCentered => centered;

    /// <summary>Rows.</summary>
    public int Rows => rows;

    /// <summary>Elements of a row.</summary>
    public int Hidden => hidden;

    /// <summary>[rows, hidden].</summary>
    public float[] Input => _input.Value;

    /// <summary>[hidden].</summary>
    public float[] Weight => _weight.Value;

    /// <summary>[hidden]; layer norm's.</summary>
    public float[] Bias => _bias.Value;

    /// <inheritdoc/>
    public PreparedRun Prepare(AttentionDevice device)
    {
        var run = new DeviceRun(device);
        Tensor<float> weight = run.Upload(Weight, [hidden]), bias = run.Upload(Bias, [hidden]);
        for (int copy = 0; copy < ((IOperation)this).Copies; copy++)
        {
            Tensor<float> input = run.Upload(Input, [rows, hidden]);
            run.Add([rows, hidden], output =>
            {
                if (centered)
                    device.LayerNorm(input, weight.View, bias.View, output, Epsilon);
                else
                    device.RmsNorm(input, weight, output, Epsilon);
            });
        }

        return run;
    }
}
