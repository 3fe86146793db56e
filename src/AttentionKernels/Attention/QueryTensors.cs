using AttentionKernels.Attention.Layouts;
using AttentionKernels.Tensors;

namespace AttentionKernels.Attention;

/// <summary>The tensors of queries of a run, wherever keys and values are: [batch, tokens, heads, headDim], or, of sequences behind one
/// another, [tokens, heads, headDim].</summary>
/// <typeparam name="T">The element type.</typeparam>
/// <param name="Query">The query.</param>
/// <param name="Output">The output.</param>
/// <param name="LogSumExp">The log-sum-exp, where it is asked for.</param>
internal readonly record struct QueryTensors<T>(TensorView<T> Query, TensorView<T> Output, TensorView<float>? LogSumExp)
    where T : unmanaged
{
    private const string QueryName = "query", KeyName = "key", ValueName = "value", OutputName = "output", StatesName = "logSumExp";

    /// <summary>Checks them.</summary>
    /// <param name="device">The device.</param>
    /// <param name="query">The query's shape.</param>
    /// <param name="valueDimension">Elements of an output.</param>
    /// <param name="states">The shape of the log-sum-exp.</param>
    /// <exception cref="ArgumentException">A tensor has another shape, strides that kernels cannot use, is of another device, or overlaps
    /// what is written.</exception>
    /// <exception cref="ObjectDisposedException">A tensor is disposed.</exception>
    public void Check(AttentionDevice device, TensorShape query, int valueDimension, TensorShape states)
    {
        Query.CheckInput(device, query, QueryName);
        Output.CheckOutput(device, query.With(query.Rank - 1, valueDimension), OutputName);
        Output.CheckDisjoint(OutputName, Query.Footprint, QueryName);
        if (LogSumExp is not { } logSumExp)
            return;
        logSumExp.CheckOutput(device, states, StatesName);
        logSumExp.CheckDense(StatesName);
        logSumExp.CheckDisjoint(StatesName, Query.Footprint, QueryName);
        logSumExp.CheckDisjoint(StatesName, Output.Footprint, OutputName);
    }

    /// <summary>Checks keys and values that are tensors of the same type.</summary>
    /// <param name="device">The device.</param>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <param name="shape">The key's shape.</param>
    /// <param name="valueDimension">Elements of a value.</param>
    /// <exception cref="ArgumentException">As of <see cref="Check"/>.</exception>
    /// <exception cref="ObjectDisposedException">A tensor is disposed.</exception>
    public void CheckKeys(AttentionDevice device, TensorView<T> key, TensorView<T> value, TensorShape shape, int valueDimension)
    {
        key.CheckInput(device, shape, KeyName);
        value.CheckInput(device, shape.With(shape.Rank - 1, valueDimension), ValueName);
        CheckDisjoint(key.Footprint, KeyName);
        CheckDisjoint(value.Footprint, ValueName);
    }

    /// <summary>Checks that what is written overlaps no further input.</summary>
    /// <exception cref="ArgumentException">It does.</exception>
    public void CheckDisjoint(in Footprint input, string name)
    {
        Output.CheckDisjoint(OutputName, input, name);
        LogSumExp?.CheckDisjoint(StatesName, input, name);
    }

    /// <summary>The memory of a run over such keys and values.</summary>
    public AttentionCall Call(TensorView<T> key, TensorView<T> value) => Call(Memory(key), Memory(value));

    /// <summary>The memory of a run.</summary>
    /// <param name="keys">The keys.</param>
    /// <param name="values">The values.</param>
    public AttentionCall Call(KeyValueMemory keys, KeyValueMemory values) => new()
    {
        Query = Query.Data.Cast<byte>(),
        QueryHeadStride = Query.Strides[^2],
        Output = Output.Data.Cast<byte>(),
        OutputHeadStride = Output.Strides[^2],
        LogSumExp = LogSumExp?.Data ?? Output.Data.SubView(0, 0).Cast<float>(),
        Keys = keys,
        Values = values,
    };

    // Sequences behind one another are pages that begin at tokens.
    private static KeyValueMemory Memory(TensorView<T> tokens) => new(
        tokens.Data.Cast<byte>(), tokens.Strides[0], tokens.Strides[^3], tokens.Strides[^2], tokens.Data.SubView(0, 0).Cast<float>());
}
