using AttentionKernels.Attention.Layouts;

namespace AttentionKernels.Attention;

/// <summary>The tensors of a run whose keys and values are tensors too: [batch, tokens, heads, headDim], or, of sequences behind one
/// another, [tokens, heads, headDim].</summary>
/// <typeparam name="T">The element type.</typeparam>
/// <param name="Query">The query.</param>
/// <param name="Key">The key.</param>
/// <param name="Value">The value.</param>
/// <param name="Output">The output.</param>
/// <param name="LogSumExp">The log-sum-exp, where it is asked for.</param>
internal readonly record struct AttentionTensors<T>(
    TensorView<T> Query, TensorView<T> Key, TensorView<T> Value, TensorView<T> Output, TensorView<float>? LogSumExp)
    where T : unmanaged
{
    private const string QueryName = "query", KeyName = "key", ValueName = "value", OutputName = "output", StatesName = "logSumExp";

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
        int last = query.Rank - 1;
        Query.CheckInput(device, query, QueryName);
        Key.CheckInput(device, key, KeyName);
        Value.CheckInput(device, key.With(last, valueDimension), ValueName);
        Output.CheckOutput(device, query.With(last, valueDimension), OutputName);
        Output.CheckDisjoint(OutputName, Query.Footprint, QueryName);
        Output.CheckDisjoint(OutputName, Key.Footprint, KeyName);
        Output.CheckDisjoint(OutputName, Value.Footprint, ValueName);
        if (LogSumExp is not { } logSumExp)
            return;
        logSumExp.CheckOutput(device, states, StatesName);
        logSumExp.CheckDense(StatesName);
        logSumExp.CheckDisjoint(StatesName, Query.Footprint, QueryName);
        logSumExp.CheckDisjoint(StatesName, Key.Footprint, KeyName);
        logSumExp.CheckDisjoint(StatesName, Value.Footprint, ValueName);
        logSumExp.CheckDisjoint(StatesName, Output.Footprint, OutputName);
    }

    /// <summary>Their memory.</summary>
    public AttentionCall Call() => new()
    {
        Query = Query.Data.Cast<byte>(),
        QueryHeadStride = Query.Strides[^2],
        Output = Output.Data.Cast<byte>(),
        OutputHeadStride = Output.Strides[^2],
        LogSumExp = LogSumExp?.Data ?? Output.Data.SubView(0, 0).Cast<float>(),
        Keys = Memory(Key),
        Values = Memory(Value),
    };

    // Sequences behind one another are pages that begin at tokens.
    private static KeyValueMemory Memory(TensorView<T> tokens) => new(
        tokens.Data.Cast<byte>(), tokens.Strides[0], tokens.Strides[^3], tokens.Strides[^2], tokens.Data.SubView(0, 0).Cast<float>());
}
