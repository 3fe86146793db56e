using AttentionKernels.Attention;
using AttentionKernels.Attention.Layouts;
using AttentionKernels.Attention.Work;
using ILGPU.Runtime;

namespace AttentionKernels.KeyValueCache;

/// <summary>Paged attention in which pages that neighbouring sequences have in common are attended once for all of them.</summary>
internal sealed class CascadePlan<T> : StoredPagesPlan<T, CascadeWork>
    where T : unmanaged
{
    private readonly CascadePartition _partition;

    public CascadePlan(BlockTable table, AttentionKernelSet<PagedLayout, CascadeWork> kernels, CascadeSizes sizes)
        : base(table, kernels)
    {
        try
        {
            _partition = new CascadePartition(table, sizes);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    protected override ReadOnlySpan<PlannedItem> Items => _partition.Items;

    /// <inheritdoc/>
    protected override bool Plan(ReadOnlySpan<int> queryLengths) => _partition.Update(queryLengths);

    /// <inheritdoc/>
    protected override CascadeWork Upload(AcceleratorStream stream, SequenceLengths sequences)
    {
        (TensorView<WorkItem> items, TensorView<int> tokenSequences) = _partition.Upload(stream);
        return new CascadeWork { Items = items.Data, TokenSequences = tokenSequences.Data, Sequences = sequences };
    }

    /// <inheritdoc/>
    private protected override void DisposeOwned()
    {
        base.DisposeOwned();
        _partition?.Dispose();
    }
}
