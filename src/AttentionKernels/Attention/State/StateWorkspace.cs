using AttentionKernels.Attention.Kernels;
using AttentionKernels.Attention.Layouts;
using AttentionKernels.Formats;

namespace AttentionKernels.Attention.State;

/// <summary>
/// Where split-KV kernels leave, and the merging kernels find, the partial states in the workspace: for each row (batch, head, query) and
/// each split of its keys the unnormalised output, the maximum and the sum.
/// </summary>
internal static class StateWorkspace
{
    /// <summary>Elements of one state.</summary>
    public static int Length(int valueDimension) => valueDimension + 2;

    /// <summary>The offset of a state: first its output row, then its maximum, then its sum.</summary>
    public static long Offset<TElement, TSequences, TMask, TModifier>(
        in AttentionArguments<TElement, TSequences, TMask, TModifier> arguments, int batch, int head, int query, int state)
        where TElement : unmanaged, IElement<TElement>
        where TSequences : struct, ISequences<TSequences>
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier>
    {
        long row = TSequences.StateRow(arguments.Sequences, batch, head, query, arguments.Heads, arguments.SplitQueries);
        return ((row * arguments.States) + state) * Length(arguments.ValueDimension);
    }
}
