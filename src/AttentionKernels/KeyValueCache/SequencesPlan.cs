using AttentionKernels.Attention;
using AttentionKernels.Attention.Kernels;
using AttentionKernels.Attention.Layouts;
using AttentionKernels.Formats;
using ILGPU.Runtime;

namespace AttentionKernels.KeyValueCache;

/// <summary>Paged attention of each sequence by itself.</summary>
internal sealed class SequencesPlan<T, TElement, TKeyUnit, TKey, TValueUnit, TValue, TMask, TModifier>(
    BlockTable table, AttentionProblem problem, PlanDecision decision, TMask mask, TModifier modifier, float? scale)
    : StoredPagesPlan<T, TElement, PagedLayout, TKeyUnit, TKey, TValueUnit, TValue, TMask, TModifier>(
        table, new AttentionKernelSet<TElement, StoredSequences<PagedLayout, TKey, TValue>, TMask, TModifier>(table.Cache.Device, problem, decision, mask, modifier, scale))
    where T : unmanaged
    where TElement : unmanaged, IElement<TElement>
    where TKeyUnit : unmanaged
    where TKey : unmanaged, IFormat<TKey>
    where TValueUnit : unmanaged
    where TValue : unmanaged, IFormat<TValue>
    where TMask : struct, IMask<TMask>
    where TModifier : struct, IScoreModifier<TModifier>
{
    /// <inheritdoc/>
    protected override void Queue(
        AcceleratorStream stream, AttentionArguments<TElement, StoredSequences<PagedLayout, TKey, TValue>, TMask, TModifier> arguments,
        in PagedLayout places, ReadOnlySpan<int> queryLengths)
    {
        arguments.Sequences.Places = places;
        Launch.Run(stream, arguments);
    }
}
