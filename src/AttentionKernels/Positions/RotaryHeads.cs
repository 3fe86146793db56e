using AttentionKernels.Positions;
using AttentionKernels.Tensors;

namespace AttentionKernels;

/// <summary>Queries or keys to be rotated, and where they go.</summary>
/// <typeparam name="T">The type of elements.</typeparam>
/// <param name="Input">Queries or keys [batch, tokens, heads, headDim]; the outer three strides are free.</param>
/// <param name="Output">The result, like the input; may be the input itself.</param>
public readonly record struct RotaryHeads<T>(TensorView<T> Input, TensorView<T> Output)
    where T : unmanaged
{
    /// <summary>Heads that are rotated in place.</summary>
    /// <param name="heads">Queries or keys [batch, tokens, heads, headDim].</param>
    public RotaryHeads(TensorView<T> heads)
        : this(heads, heads)
    {
    }

    /// <summary>The heads, whatever their format.</summary>
    internal RotatedHeads Rows => new(Input.Shape, Input.Data.Cast<byte>(), Input.Strides, Output.Data.Cast<byte>(), Output.Strides);

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

    /// <summary>Checks keys of the same tokens.</summary>
    internal void CheckKey(AttentionDevice device, RotaryTable table, RotaryHeads<T> key)
    {
        TensorChecks.Extents(key.Input.Shape, 4, nameof(key), "[batch, tokens, heads, headDim]");
        key.Input.CheckShape(Input.Shape.With(2, key.Input.Shape[2]), nameof(key));
        key.Check(device, table, nameof(key), "key.Output");
        Output.CheckDisjoint("query.Output", key.Input.Footprint, "key.Input");
        Output.CheckDisjoint("query.Output", key.Output.Footprint, "key.Output");
        key.Output.CheckDisjoint("key.Output", Input.Footprint, "query.Input");
    }
}
