using AttentionKernels.Attention.Layouts;

namespace AttentionKernels.Attention;

/// <summary>The tensors of a run whose keys and values are tensors too, [batch, tokens, kv heads, headDim], or, of sequences behind one
/// another, [tokens, kv heads, headDim].</summary>
/// <typeparam name="T">The element type.</typeparam>
/// <param name="Queries">Those of queries.</param>
/// <param name="Key">The key.</param>
/// <param name="Value">The value.</param>
internal readonly record struct AttentionTensors<T>(QueryTensors<T> Queries, TensorView<T> Key, TensorView<T> Value)
    where T : unmanaged
{
    private const string KeyName = "key", ValueName = "value";

    /// <summary>Checks them.</summary>
    /// <param name="device">The device.</param>
    /// <param name="query">The query's shape.</param>
    /// <param name="key">The key's shape.</param>
    /// <param name="valueDimension">Elements of a value, and of an output.</param>
    /// <param name="states">The shape of the log-sum-exp.</param>
    /// <exception cref="ArgumentException">A tensor has another shape, strides that kernels cannot use, is of another device, or overlaps
    /// what is written.</exception>
    /// <exception cref="ObjectDisposedException">A tensor is disposed.</exception>
    public void Check(AttentionDevice device, TensorShape query, TensorShape key, int valueDimension, TensorShape states)
    {
        Queries.Check(device, query, valueDimension, states);
        Key.CheckInput(device, key, KeyName);
        Value.CheckInput(device, key.With(key.Rank - 1, valueDimension), ValueName);
        Queries.CheckDisjoint(Key.Footprint, KeyName);
        Queries.CheckDisjoint(Value.Footprint, ValueName);
    }

    /// <summary>Their memory.</summary>
    public AttentionCall Call() => Queries.Call(Memory(Key), Memory(Value));

    // Sequences behind one another are pages that begin at tokens.
    private static KeyValueMemory Memory(TensorView<T> tokens) => new(
        tokens.Data.Cast<byte>(), tokens.Strides[0], tokens.Strides[^3], tokens.Strides[^2], tokens.Data.SubView(0, 0).Cast<float>());
}
