using AttentionKernels.Attention.Layouts;
using AttentionKernels.Attention.State;
using AttentionKernels.Formats;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

/// <summary>
/// Joins the partial states of a row: m = max mᵢ, Σ = Σᵢ e^(mᵢ − m)·Σᵢ, O = Σᵢ e^(mᵢ − m)·Oᵢ / Σ. Vector schedule.
/// </summary>
/// <remarks>Tile: one row (batch, head, query). The splits are taken in their order, so the result does not depend on who finished first.</remarks>
internal readonly struct MergeStatesVector<TElement, TSequences, TMask, TModifier> : ITileKernel<AttentionArguments<TElement, TSequences, TMask, TModifier>>
    where TElement : unmanaged, IElement<TElement>
    where TSequences : struct, ISequences<TSequences>
    where TMask : struct, IMask<TMask>
    where TModifier : struct, IScoreModifier<TModifier>
{
    /// <summary>How many tiles there are.</summary>
    public static long Tiles(int batch, int heads, int splitQueries) => (long)batch * heads * splitQueries;

    public static void Run(AttentionArguments<TElement, TSequences, TMask, TModifier> arguments, long tile, ArrayView<float> scratch)
    {
        int query = (int)(tile % arguments.SplitQueries);
        int head = (int)(tile / arguments.SplitQueries % arguments.Heads);
        int batch = (int)(tile / arguments.SplitQueries / arguments.Heads);
        int queryLength = TSequences.QueryLength(arguments.Sequences, batch);
        if (query >= queryLength || !arguments.LeavesStates(batch))
            return;

        int states = TSequences.States(arguments.Sequences, batch, arguments.Splits);
        int dimension = arguments.ValueDimension;
        float maximum = float.NegativeInfinity;
        for (int state = 0; state < states; state++)
        {
            long offset = StateWorkspace.Offset(arguments, batch, head, query, state);
            maximum = SoftmaxState.Larger(maximum, arguments.Workspace[offset + dimension]);
        }

        // The first split's row gathers the others: it has its place in the workspace already.
        long row = StateWorkspace.Offset(arguments, batch, head, query, 0);
        float sum = 0f;
        for (int state = 0; state < states; state++)
        {
            long offset = StateWorkspace.Offset(arguments, batch, head, query, state);
            var part = new SoftmaxState(arguments.Workspace[offset + dimension], arguments.Workspace[offset + dimension + 1]);
            float rescale = part.Rescale(maximum);
            sum += part.Sum * rescale;
            if (state == 0)
                VectorRow.Scale(arguments.Workspace, row, rescale, arguments.Workspace, row, dimension);
            else
                VectorRow.MultiplyAdd(arguments.Workspace, row, rescale, arguments.Workspace, offset, dimension);
        }

        var merged = new SoftmaxState(maximum, sum);
        long output = TSequences.OutputOffset(arguments.Sequences, batch, query) + (head * arguments.OutputHeadStride);
        StoredRow.Narrow(arguments.Workspace, row, merged.Normalizer(), arguments.Output, output, dimension);
        arguments.StoreLogSumExp(batch, head, query, merged);
    }
}
