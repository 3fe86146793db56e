using AttentionKernels.Attention;

namespace AttentionKernels;

/// <summary>Attention over a paged KV cache.</summary>
public static class PagedAttentionOperations
{
    /// <summary>
    /// Makes attention over the sequences of a block table ready: decode, where each sequence has one query token, and prefill, where it
    /// has several, in any mixture.
    /// </summary>
    /// <typeparam name="TMask">The mask: one of the library's, or a public struct of your own.</typeparam>
    /// <typeparam name="TModifier">The score modifier, likewise.</typeparam>
    /// <param name="device">The device of the table's cache.</param>
    /// <param name="table">The table; its entries and lengths may change from run to run.</param>
    /// <param name="heads">Query heads; a multiple of the cache's kv heads.</param>
    /// <param name="maximumQueries">The most query tokens of a sequence in any run; 1 for decode.</param>
    /// <param name="mask">Which keys a query attends to; <see cref="CausalMask"/> for language models.</param>
    /// <param name="modifier">What becomes of a score before the softmax.</param>
    /// <param name="options">Scale, and choices to force; all defaults where <see langword="null"/>.</param>
    /// <returns>The plan; the caller disposes it.</returns>
    /// <exception cref="ArgumentException">The cache is of another device, a number is out of range, the heads do not divide, or the mask or modifier is not public or has a <see cref="bool"/> field.</exception>
    /// <exception cref="KernelCompilationException">The mask or modifier uses what kernels cannot.</exception>
    /// <exception cref="NotSupportedException">A forced schedule cannot run on the device.</exception>
    /// <exception cref="DeviceMemoryException">The workspace cannot be allocated.</exception>
    /// <exception cref="ObjectDisposedException">The device, the cache or the table is disposed.</exception>
    public static PagedAttentionPlan PlanPagedAttention<TMask, TModifier>(
        this AttentionDevice device, BlockTable table, int heads, int maximumQueries, TMask mask, TModifier modifier, AttentionOptions? options = null)
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier>
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(table);
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

        return new PagedAttentionPlan<TMask, TModifier>(device, table, heads, maximumQueries, mask, modifier, options ?? new AttentionOptions());
    }

    /// <summary>As the other overload, without a score modifier.</summary>
    /// <inheritdoc cref="PlanPagedAttention{TMask, TModifier}(AttentionDevice, BlockTable, int, int, TMask, TModifier, AttentionOptions?)"/>
    public static PagedAttentionPlan PlanPagedAttention<TMask>(
        this AttentionDevice device, BlockTable table, int heads, int maximumQueries, TMask mask, AttentionOptions? options = null)
        where TMask : struct, IMask<TMask> =>
        device.PlanPagedAttention(table, heads, maximumQueries, mask, new NoModifier(), options);
}
