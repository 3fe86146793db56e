using AttentionKernels.Attention;
using AttentionKernels.Attention.Kernels;
using AttentionKernels.Attention.Layouts;
using AttentionKernels.Formats;
using ILGPU.Runtime;

namespace AttentionKernels.KeyValueCache;

/// <summary>Paged attention in which pages that neighbouring sequences have in common are attended once for all of them.</summary>
internal sealed class CascadePlan<T, TElement, TKeyUnit, TKey, TValueUnit, TValue, TMask, TModifier>
    : StoredPagesPlan<T, TElement, CascadeLayout, TKeyUnit, TKey, TValueUnit, TValue, TMask, TModifier>
    where T : unmanaged
    where TElement : unmanaged, IElement<TElement>
    where TKeyUnit : unmanaged
    where TKey : unmanaged, IFormat<TKey>
    where TValueUnit : unmanaged
    where TValue : unmanaged, IFormat<TValue>
    where TMask : struct, IMask<TMask>
    where TModifier : struct, IScoreModifier<TModifier>
{
    private readonly CascadePartition _partition;

    public CascadePlan(
        BlockTable table, AttentionProblem problem, PlanDecision decision, CascadePartition.Sizes sizes, TMask mask, TModifier modifier, float? scale)
        : base(table, new AttentionKernelSet<TElement, StoredSequences<CascadeLayout, TKey, TValue>, TMask, TModifier>(
            table.Cache.Device, problem, decision, mask, modifier, scale))
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
    protected override void Queue(
        AcceleratorStream stream, AttentionArguments<TElement, StoredSequences<CascadeLayout, TKey, TValue>, TMask, TModifier> arguments,
        in PagedLayout places, ReadOnlySpan<int> queryLengths)
    {
        _partition.Update(queryLengths);
        (TensorView<CascadeSegment> segments, TensorView<CascadeToken> tokens) = _partition.Upload(stream);
        arguments.Splits = 1;
        arguments.SplitLength = int.MaxValue;
        arguments.Sequences.Places.Sequences = places;
        arguments.Sequences.Places.Segments = segments.Data;
        arguments.Sequences.Places.Tokens = tokens.Data;
        AttentionArguments<TElement, StoredSequences<CascadeLayout, TKey, TValue>, TMask, TModifier> merged = arguments;
        arguments.Batch = _partition.EarlierCount + Table.Sequences;
        arguments.MaximumQueries = _partition.MaximumQueries;

        // A row's states end with that of its sequence's last segment.
        merged.Sequences.Places.Segments = segments.Data.SubView(_partition.EarlierCount);
        merged.MaximumQueries = _partition.MaximumOwnQueries;
        Launch.Run(stream, arguments, merged);
    }

    /// <inheritdoc/>
    private protected override void DisposeOwned()
    {
        base.DisposeOwned();
        _partition?.Dispose();
    }
}
