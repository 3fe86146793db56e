using AttentionKernels.Attention.Work;

namespace AttentionKernels.Attention;

/// <summary>The steps of a plan that attends to each sequence by itself.</summary>
/// <typeparam name="TLayout">Where tokens lie.</typeparam>
internal sealed class SequenceSteps<TLayout>(AttentionKernelSet<TLayout, RaggedWork> kernels) : ListedSteps<TLayout>(kernels)
{
    private readonly PlannedItem[] _items = new PlannedItem[kernels.Problem.Batch];

    /// <inheritdoc/>
    protected override ReadOnlySpan<PlannedItem> Items => _items;

    /// <inheritdoc/>
    protected override bool UpdateItems(ReadOnlySpan<int> queryLengths)
    {
        bool changed = false;
        int token = 0;
        int stateRow = 0;
        for (int sequence = 0; sequence < _items.Length; sequence++)
        {
            int queries = queryLengths[sequence];
            changed |= _items[sequence].Item.Queries != queries;
            _items[sequence] = kernels.Decision.Plan(
                new WorkItem { Sequence = sequence, FirstToken = token, Queries = queries }, stateRow);
            token += queries;
            stateRow += _items[sequence].HasStates ? queries : 0;
        }

        return changed;
    }

    /// <inheritdoc/>
    protected override void Launch(int pass, in ListedStep step, in AttentionCall call, in TLayout layout) => kernels.Run(
        pass, step.Stream, call, layout, new RaggedWork { Tiles = step.Tiles, Sequences = step.Sequences }, step.Tiles.Length);
}
