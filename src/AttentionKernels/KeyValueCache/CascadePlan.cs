using AttentionKernels.Attention;
using AttentionKernels.Attention.Layouts;
using AttentionKernels.Attention.Work;
using ILGPU.Runtime;

namespace AttentionKernels.KeyValueCache;

/// <summary>Paged attention in which pages that neighbouring sequences have in common are attended once for all of them.</summary>
internal sealed class CascadePlan<T> : StoredPagesPlan<T>
    where T : unmanaged
{
    private readonly AttentionKernelSet<PagedLayout, CascadeWork> _kernels;
    private readonly CascadePartition _partition;

    public CascadePlan(BlockTable table, AttentionKernelSet<PagedLayout, CascadeWork> kernels, CascadeSizes sizes)
        : base(table, kernels)
    {
        _kernels = kernels;
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
    protected override void Queue(
        AcceleratorStream stream, in AttentionCall call, in PagedLayout layout, RaggedWork sequences, ReadOnlySpan<int> queryLengths)
    {
        _partition.Update(queryLengths);
        (TensorView<WorkItem> items, TensorView<CascadeToken> tokens) = _partition.Upload(stream);
        var all = new CascadeWork { Items = items.Data, Tokens = tokens.Data, Sequences = sequences };

        // A row's states end with that of its sequence's last item.
        CascadeWork last = all with { Items = items.Data.SubView(_partition.EarlierCount) };
        _kernels.Run(
            stream, call, layout,
            new WorkPass<CascadeWork>(all, _partition.EarlierCount + Table.Sequences, _partition.MaximumQueries, 1, int.MaxValue),
            new WorkPass<CascadeWork>(last, Table.Sequences, _partition.MaximumOwnQueries, 1, int.MaxValue));
    }

    /// <inheritdoc/>
    private protected override void DisposeOwned()
    {
        base.DisposeOwned();
        _partition?.Dispose();
    }
}
