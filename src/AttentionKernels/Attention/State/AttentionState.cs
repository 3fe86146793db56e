namespace AttentionKernels;

/// <summary>
/// What attention to some of the keys gives for each query and head: the output O, and the log-sum-exp of its scores. States of disjoint
/// sets of keys are merged by <see cref="StateOperations.MergeStates"/>.
/// </summary>
public readonly struct AttentionState
{
    /// <summary>Pairs an output with its log-sum-exp, as a plan writes them.</summary>
    /// <param name="output">The output [batch, queries, heads, headDim], or, of a paged plan, [tokens, heads, headDim].</param>
    /// <param name="logSumExp">The dense log-sum-exp [batch, heads, queries], or [heads, tokens], natural logarithm.</param>
    public AttentionState(TensorView<float> output, TensorView<float> logSumExp)
    {
        Output = output;
        LogSumExp = logSumExp;
    }

    /// <summary>The output.</summary>
    public TensorView<float> Output { get; }

    /// <summary>The log-sum-exp.</summary>
    public TensorView<float> LogSumExp { get; }
}
