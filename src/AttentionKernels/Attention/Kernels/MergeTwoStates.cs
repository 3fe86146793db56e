using AttentionKernels.Attention.State;
using AttentionKernels.Attention.Work;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

/// <summary>What <see cref="MergeTwoStates"/> takes.</summary>
internal struct MergeTwoStatesArguments
{
    [KernelInput]
    public StateRows Left;
    [KernelInput]
    public StateRows Right;
    public ArrayView<float> Output;
    public RowStrides OutputStrides;

    /// <summary>The merged log-sum-exp [batch, heads, queries].</summary>
    public ArrayView<float> LogSumExp;
    public RowRuns Runs;
}

/// <summary>The rows of a state: outputs with free outer strides, and their dense log-sum-exp.</summary>
internal struct StateRows
{
    public ArrayView<float> Output;
    public RowStrides Strides;
    public ArrayView<float> LogSumExp;

    /// <summary>Those of a state.</summary>
    public static StateRows Of(AttentionState state) => new()
    {
        Output = state.Output.Data,
        Strides = RowStrides.Of(state.Output.Strides),
        LogSumExp = state.LogSumExp.Data,
    };
}

/// <summary>
/// Merges two states of a row, each an output and the log-sum-exp of its scores: O = (w₁·O₁ + w₂·O₂) / (w₁ + w₂) with w = e^(l − max l).
/// </summary>
/// <remarks>Tile: a run of numbers of one row, a single one on a GPU and all of them on a processor. The first run of a row stores its
/// log-sum-exp. It is no kernel of <c>AttentionModule</c>: its rows are those of three tensors, with no work between them and it.</remarks>
internal readonly struct MergeTwoStates : ITileKernel<MergeTwoStatesArguments>
{
    public static void Run(MergeTwoStatesArguments arguments, long tile, ArrayView<float> scratch)
    {
        RowRun run = arguments.Runs.At(tile);
        SoftmaxState left = SoftmaxState.Of(arguments.Left.LogSumExp[run.Row]);
        SoftmaxState right = SoftmaxState.Of(arguments.Right.LogSumExp[run.Row]);
        SoftmaxState merged = left.Merge(right);
        float leftWeight = left.Sum * left.Rescale(merged.Maximum) * merged.Normalizer();
        float rightWeight = right.Sum * right.Rescale(merged.Maximum) * merged.Normalizer();
        long leftRow = arguments.Left.Strides.Offset(run.Batch, run.Query, run.Head);
        long rightRow = arguments.Right.Strides.Offset(run.Batch, run.Query, run.Head);
        long outputRow = arguments.OutputStrides.Offset(run.Batch, run.Query, run.Head);
        for (int number = run.First; number < run.End; number++)
        {
            // A state without keys has no output to speak of: 0 · NaN must not reach the other's.
            float output = left.Sum == 0f ? 0f : leftWeight * arguments.Left.Output[leftRow + number];
            if (right.Sum != 0f)
                output = FusedMultiplyAdd.Fma(rightWeight, arguments.Right.Output[rightRow + number], output);
            arguments.Output[outputRow + number] = output;
        }

        if (run.First == 0)
            arguments.LogSumExp[run.Row] = merged.LogSumExp();
    }
}
