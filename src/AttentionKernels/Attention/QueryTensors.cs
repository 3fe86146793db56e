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
    private const string QueryName = "query", OutputName = "output", StatesName = "logSumExp";

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

    /// <summary>Checks that what is written overlaps no further input.</summary>
    /// <exception cref="ArgumentException">It does.</exception>
    public void CheckDisjoint(in Footprint input, string name)
    {
        Output.CheckDisjoint(OutputName, input, name);
        LogSumExp?.CheckDisjoint(StatesName, input, name);
    }

    /// <summary>The memory of the run.</summary>
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
}
