using AttentionKernels.Attention;
using AttentionKernels.Attention.Layouts;
using AttentionKernels.Attention.Work;
using ILGPU.Runtime;

namespace AttentionKernels.KeyValueCache;

/// <summary>Paged attention of each sequence by itself.</summary>
internal sealed class SequencesPlan<T>(BlockTable table, AttentionKernelSet<PagedLayout, RaggedWork> kernels)
    : StoredPagesPlan<T, RaggedWork>(table, kernels)
    where T : unmanaged
{
    private readonly PlannedItem[] _items = new PlannedItem[table.Sequences];

    /// <inheritdoc/>
    protected override ReadOnlySpan<PlannedItem> Items => _items;

    /// <inheritdoc/>
    protected override bool Plan(ReadOnlySpan<int> queryLengths)
    {
        bool changed = false;
        int token = 0;
        int stateRow = 0;
        for (int sequence = 0; sequence < _items.Length; sequence++)
        {
            int queries = queryLengths[sequence];
            changed |= _items[sequence].Item.Queries != queries;
            _items[sequence] = Decision.Plan(
                new WorkItem { Sequence = sequence, FirstToken = token, Queries = queries }, stateRow);
            token += queries;
            stateRow += _items[sequence].HasStates ? queries : 0;
        }

        return changed;
    }

    /// <inheritdoc/>
    protected override RaggedWork Upload(AcceleratorStream stream, SequenceLengths sequences) => new() { Sequences = sequences };
}
