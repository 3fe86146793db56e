using AttentionKernels.Attention;
using AttentionKernels.Attention.Layouts;
using AttentionKernels.Attention.Work;

namespace AttentionKernels.KeyValueCache;

/// <summary>The steps of paged attention in which pages that neighbouring sequences have in common are attended once for all of
/// them.</summary>
internal sealed class CascadeSteps : ListedSteps<PagedLayout>
{
    private readonly AttentionKernelSet<PagedLayout, CascadeWork> _kernels;
    private readonly CascadePartition _partition;

    public CascadeSteps(BlockTable table, AttentionKernelSet<PagedLayout, CascadeWork> kernels, CascadeSizes sizes)
        : base(kernels)
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
    protected override ReadOnlySpan<PlannedItem> Items => _partition.Items;

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        _partition?.Dispose();
    }

    /// <inheritdoc/>
    protected override bool UpdateItems(ReadOnlySpan<int> queryLengths) => _partition.Update(queryLengths);

    /// <inheritdoc/>
    protected override void Launch(int pass, in ListedStep step, in AttentionCall call, in PagedLayout layout)
    {
        (TensorView<WorkItem> items, TensorView<int> tokenSequences) = _partition.Upload(step.Stream);
        var work = new CascadeWork
        {
            Tiles = step.Tiles,
            Items = items.Data,
            TokenSequences = tokenSequences.Data,
            Sequences = step.Sequences,
        };
        _kernels.Run(pass, step.Stream, call, layout, work, step.Tiles.Length);
    }
}
