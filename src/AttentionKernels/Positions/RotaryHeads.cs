using AttentionKernels.Tensors;

namespace AttentionKernels;

/// <summary>Queries or keys to be rotated, and where they go.</summary>
/// <param name="Input">Queries or keys [batch, tokens, heads, headDim]; the outer three strides are free.</param>
/// <param name="Output">The result, like the input; may be the input itself.</param>
public readonly record struct RotaryHeads(TensorView<float> Input, TensorView<float> Output)
{
    /// <summary>Heads that are rotated in place.</summary>
    /// <param name="heads">Queries or keys [batch, tokens, heads, headDim].</param>
    public RotaryHeads(TensorView<float> heads)
        : this(heads, heads)
    {
    }

    internal void Check(AttentionDevice device, RotaryTable table, string inputName, string outputName)
    {
        TensorChecks.Extents(Input.Shape, 4, inputName, "[batch, tokens, heads, headDim]");
        Input.CheckInput(device, Input.Shape, inputName);
        table.Cosine.View.CheckUsable(device, nameof(table));
        Output.CheckOutput(device, Input.Shape, outputName);
        Output.CheckDisjointOrSame(outputName, Input, inputName);
        if (table.RotaryDimension > Input.Shape[3])
        {
            throw new ArgumentException(
                $"The table's rotary dimension is {table.RotaryDimension}; it must be at most the head dimension, {Input.Shape[3]}.",
                nameof(table));
        }
    }
}
