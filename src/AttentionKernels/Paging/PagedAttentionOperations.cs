using AttentionKernels.Attention;
using AttentionKernels.Memory;
using AttentionKernels.Paging;

namespace AttentionKernels;

/// <summary>Attention over a paged KV cache.</summary>
public static class PagedAttentionOperations
{
    /// <summary>
    /// Makes attention over the sequences of a block table ready: decode, where each sequence has one query token, and prefill, where it
    /// has several, in any mixture.
    /// </summary>
    /// <typeparam name="T">The element type of query and output.</typeparam>
    /// <typeparam name="TMask">The mask: one of the library's, or a public struct of your own.</typeparam>
    /// <typeparam name="TModifier">The score modifier, likewise.</typeparam>
    /// <param name="device">The device of the table's cache.</param>
    /// <param name="table">The table; its entries and lengths may change from run to run.</param>
    /// <param name="heads">Query heads; a multiple of the cache's kv heads.</param>
    /// <param name="maximumQueries">The most query tokens of a sequence in any run; 1 for decode.</param>
    /// <param name="mask">Which keys a query attends to; <see cref="CausalMask"/> for language models.</param>
    /// <param name="modifier">What becomes of a score before the softmax.</param>
    /// <param name="elementType">How query and output are stored; keys and values are as the cache stores them, whatever this is.</param>
    /// <param name="options">Scale, and choices to force; all defaults where <see langword="null"/>.</param>
    /// <returns>The plan; the caller disposes it.</returns>
    /// <exception cref="ArgumentException">The cache is of another device, a number is out of range, the heads do not divide, or the mask or modifier is not public or has a <see cref="bool"/> field.</exception>
    /// <exception cref="KernelCompilationException">The mask or modifier uses what kernels cannot.</exception>
    /// <exception cref="NotSupportedException">A forced schedule cannot run on the device.</exception>
    /// <exception cref="DeviceMemoryException">The workspace cannot be allocated.</exception>
    /// <exception cref="ObjectDisposedException">The device, the cache or the table is disposed.</exception>
    public static PagedAttentionPlan<T> PlanPagedAttention<T, TMask, TModifier>(
        this AttentionDevice device, BlockTable table, int heads, int maximumQueries, TMask mask, TModifier modifier, ElementType<T> elementType,
        AttentionOptions? options = null)
        where T : unmanaged
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier>
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(elementType);
        device.ThrowIfDisposed();
        ObjectDisposedException.ThrowIf(table.IsDisposed, table);
        ObjectDisposedException.ThrowIf(table.Cache.IsDisposed, table.Cache);
        ArgumentOutOfRangeException.ThrowIfNegative(maximumQueries);
        VariantFields.Check<TMask>(nameof(mask));
        VariantFields.Check<TModifier>(nameof(modifier));
        if (table.Cache.Device != device)
        {
            throw new ArgumentException(
                $"The table's cache is on {table.Cache.Device.Description.Name}; it must be on {device.Description.Name}.", nameof(table));
        }

        CacheOptions sizes = table.Cache.Options;
        var problem = new AttentionProblem(table.Sequences, heads, sizes.KeyValueHeads, sizes.HeadDimension, maximumQueries, table.MaximumKeys, IsRagged: true);
        problem.Validate(nameof(heads), nameof(heads));
        options ??= new AttentionOptions();
        AttentionChoice choice = AttentionPlanner.Choose(device, problem, options);
        return elementType.PlanPagedAttention(table, problem, choice, mask, modifier, options.Scale);
    }

    /// <summary>As the other overload, of fp32 queries.</summary>
    /// <inheritdoc cref="PlanPagedAttention{T, TMask, TModifier}(AttentionDevice, BlockTable, int, int, TMask, TModifier, ElementType{T}, AttentionOptions?)"/>
    public static PagedAttentionPlan<float> PlanPagedAttention<TMask, TModifier>(
        this AttentionDevice device, BlockTable table, int heads, int maximumQueries, TMask mask, TModifier modifier, AttentionOptions? options = null)
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier> =>
        device.PlanPagedAttention(table, heads, maximumQueries, mask, modifier, ElementType.Float32, options);

    /// <summary>As the other overload, of fp32 queries and without a score modifier.</summary>
    /// <inheritdoc cref="PlanPagedAttention{T, TMask, TModifier}(AttentionDevice, BlockTable, int, int, TMask, TModifier, ElementType{T}, AttentionOptions?)"/>
    public static PagedAttentionPlan<float> PlanPagedAttention<TMask>(
        this AttentionDevice device, BlockTable table, int heads, int maximumQueries, TMask mask, AttentionOptions? options = null)
        where TMask : struct, IMask<TMask> =>
        device.PlanPagedAttention(table, heads, maximumQueries, mask, new NoModifier(), options);
}

/// <summary>Makes a paged plan for the ways in which a cache stores keys and values.</summary>
internal struct PagedPlanning<T, TElement, TMask, TModifier>(
    BlockTable table, AttentionProblem problem, AttentionChoice choice, TMask mask, TModifier modifier, float? scale) : IStoredPairAction
    where T : unmanaged
    where TElement : unmanaged, IElement<TElement>
    where TMask : struct, IMask<TMask>
    where TModifier : struct, IScoreModifier<TModifier>
{
    public PagedAttentionPlan<T>? Plan { get; private set; }

    public void Invoke<TKeyUnit, TKey, TValueUnit, TValue>()
        where TKeyUnit : unmanaged
        where TKey : unmanaged, IStored<TKey>
        where TValueUnit : unmanaged
        where TValue : unmanaged, IStored<TValue> =>
        Plan = new PagedAttentionPlan<T, TElement, TKeyUnit, TKey, TValueUnit, TValue, TMask, TModifier>(table, problem, choice, mask, modifier, scale);
}
