using AttentionKernels.Attention;
using AttentionKernels.Attention.Kernels;
using AttentionKernels.Memory;
using ILGPU.Runtime;

namespace AttentionKernels.Paging;

/// <summary>Paged attention of each sequence by itself.</summary>
internal sealed class SequencesPlan<T, TElement, TKeyUnit, TKey, TValueUnit, TValue, TMask, TModifier>(
    BlockTable table, AttentionProblem problem, AttentionChoice choice, TMask mask, TModifier modifier, float? scale)
    : StoredPagesPlan<T, TElement, PagedPlaces, TKeyUnit, TKey, TValueUnit, TValue, TMask, TModifier>(
        table, new AttentionLaunch<TElement, StoredSequences<PagedPlaces, TKey, TValue>, TMask, TModifier>(table.Cache.Device, problem, choice, mask, modifier, scale))
    where T : unmanaged
    where TElement : unmanaged, IElement<TElement>
    where TKeyUnit : unmanaged
    where TKey : unmanaged, IStored<TKey>
    where TValueUnit : unmanaged
    where TValue : unmanaged, IStored<TValue>
    where TMask : struct, IMask<TMask>
    where TModifier : struct, IScoreModifier<TModifier>
{
    /// <inheritdoc/>
    protected override void Queue(
        AcceleratorStream stream, AttentionArguments<TElement, StoredSequences<PagedPlaces, TKey, TValue>, TMask, TModifier> arguments,
        in PagedPlaces places, ReadOnlySpan<int> queryLengths)
    {
        arguments.Sequences.Places = places;
        Launch.Run(stream, arguments);
    }
}
