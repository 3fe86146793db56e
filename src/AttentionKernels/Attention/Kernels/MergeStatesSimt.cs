using AttentionKernels.Attention.Layouts;
using AttentionKernels.Attention.State;
using AttentionKernels.Formats;
using AttentionKernels.Launching;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

/// <summary>
/// Joins the partial states of a row: m = max mᵢ, Σ = Σᵢ e^(mᵢ − m)·Σᵢ, O = Σᵢ e^(mᵢ − m)·Oᵢ / Σ. Simt schedule.
/// </summary>
/// <remarks>
/// Tile: a work group owns one row (batch, head, query), a thread the columns t, t+64, … Each thread takes the splits in their order and
/// computes the few factors anew: cheaper than sharing them.
/// </remarks>
internal readonly struct MergeStatesSimt<TElement, TSequences, TMask, TModifier> : IGroupKernel<AttentionArguments<TElement, TSequences, TMask, TModifier>>
    where TElement : unmanaged, IElement<TElement>
    where TSequences : struct, ISequences<TSequences>
    where TMask : struct, IMask<TMask>
    where TModifier : struct, IScoreModifier<TModifier>
{
    public static int GroupSize => 64;

    /// <summary>How many work groups there are.</summary>
    public static long Groups(int batch, int heads, int splitQueries) => (long)batch * heads * splitQueries;

    public static void Run(AttentionArguments<TElement, TSequences, TMask, TModifier> arguments)
    {
        int query = Grid.IdxX % arguments.SplitQueries;
        int head = Grid.IdxX / arguments.SplitQueries % arguments.Heads;
        int batch = Grid.IdxX / arguments.SplitQueries / arguments.Heads;
        int queryLength = TSequences.QueryLength(arguments.Sequences, batch);
        if (query >= queryLength || !arguments.LeavesStates(batch))
            return;

        int states = TSequences.States(arguments.Sequences, batch, arguments.Splits);
        int dimension = arguments.ValueDimension;
        float maximum = float.NegativeInfinity;
        for (int state = 0; state < states; state++)
            maximum = SoftmaxState.Larger(maximum, State(arguments, batch, head, query, state).Maximum);
        float sum = 0f;
        for (int state = 0; state < states; state++)
        {
            SoftmaxState part = State(arguments, batch, head, query, state);
            sum += part.Sum * part.Rescale(maximum);
        }

        var merged = new SoftmaxState(maximum, sum);
        long row = TSequences.OutputOffset(arguments.Sequences, batch, query) + (head * arguments.OutputHeadStride);
        for (int column = Group.IdxX; column < dimension; column += Group.DimX)
        {
            float output = 0f;
            for (int state = 0; state < states; state++)
            {
                long offset = StateWorkspace.Offset(arguments, batch, head, query, state);
                output = FusedMultiplyAdd.Fma(State(arguments, batch, head, query, state).Rescale(maximum), arguments.Workspace[offset + column], output);
            }

            arguments.Output[row + column] = TElement.Narrow(output * merged.Normalizer());
        }

        if (Group.IdxX == 0)
            arguments.StoreLogSumExp(batch, head, query, merged);
    }

    private static SoftmaxState State(AttentionArguments<TElement, TSequences, TMask, TModifier> arguments, int batch, int head, int query, int state)
    {
        long offset = StateWorkspace.Offset(arguments, batch, head, query, state) + arguments.ValueDimension;
        return new SoftmaxState(arguments.Workspace[offset], arguments.Workspace[offset + 1]);
    }
}
