using AttentionKernels.Attention;
using AttentionKernels.Attention.Layouts;
using AttentionKernels.Attention.Work;
using AttentionKernels.Devices;
using AttentionKernels.KeyValueCache;

namespace AttentionKernels;

/// <summary>Attention over a paged KV cache.</summary>
public static class PagedAttentionOperations
{
    /// <typeparam name="T">The element type of query and output.</typeparam>
    /// <typeparam name="TMask">The mask: one of the library's, or a public struct of your own.</typeparam>
    /// <typeparam name="TModifier">The score modifier, likewise.</typeparam>
    /// <param name="device">The device of the table's cache.</param>
    extension<T, TMask, TModifier>(AttentionDevice device)
        where T : unmanaged
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier>
    {
        /// <summary>
        /// Makes attention over the sequences of a block table ready: decode, where each sequence has one query token, and prefill, where
        /// it has several, in any mixture.
        /// </summary>
        /// <param name="table">The table; its entries and lengths may change from run to run.</param>
        /// <param name="heads">Query heads; a multiple of the cache's kv heads.</param>
        /// <param name="maximumQueries">The most query tokens of a sequence in any run; 1 for decode.</param>
        /// <param name="mask">Which keys a query attends to; <see cref="CausalMask"/> for language models.</param>
        /// <param name="modifier">What becomes of a score before the softmax.</param>
        /// <param name="format">How query and output are stored; keys and values are as the cache stores them, whatever this is.</param>
        /// <param name="options">Scale, which a latent cache needs, and choices to force; all defaults where
        /// <see langword="null"/>.</param>
        /// <returns>The plan; the caller disposes it.</returns>
        /// <exception cref="ArgumentException">The cache is of another device, only the device has a cascade's table, a number is out of
        /// range, the heads do not divide, or the mask or modifier is not public, or has a field that is a <see cref="bool"/>, a reference,
        /// or a view without memory of the device.</exception>
        /// <exception cref="KernelCompilationException">The mask or modifier uses what kernels cannot.</exception>
        /// <exception cref="NotSupportedException">A forced schedule cannot run on the device, or a launch could have more work groups than
        /// there can be.</exception>
        /// <exception cref="DeviceMemoryException">The workspace cannot be allocated.</exception>
        /// <exception cref="ObjectDisposedException">The device, the cache or the table is disposed.</exception>
        /// <example>
        /// <code>
        /// using var cache = new PagedKeyValueCache(device, new CacheOptions { Pages = 64, KeyValueHeads = 2, HeadDimension = 64 });
        /// using var table = new BlockTable(cache, sequences: 2, pagesPerSequence: 8);
        /// using CachedSequence sequence = cache.Start();
        /// sequence.Extend(20);
        /// table.Set(0, sequence);
        /// using var plan = device.PlanPagedAttention(
        ///     table, 8, maximumQueries: 20, new CausalMask(), new SoftCap(50f), NumberFormat.Float16);
        /// using Tensor&lt;Half> query = device.Allocate&lt;Half>([20, 8, 64]), output = device.Allocate&lt;Half>(query.Shape);
        /// plan.Run(query, [20, 0], output);                                           // all 20 tokens of the first sequence
        /// </code>
        /// </example>
        public PagedAttentionPlan<T> PlanPagedAttention(
            BlockTable table, int heads, int maximumQueries, TMask mask, TModifier modifier,
            NumberFormat<T> format, AttentionOptions? options = null)
        {
            ArgumentNullException.ThrowIfNull(format);
            AttentionProblem problem = Problem(device, table, heads, maximumQueries, format, options);
            var kernels = device.LoadKernels<TMask, TModifier, PagedLayout, RaggedWork>(
                problem, mask, modifier, options ?? new AttentionOptions());
            return kernels.OwnedBy(() => new PagedAttentionPlan<T>(table, kernels, new SequenceSteps<PagedLayout>(kernels)));
        }

        /// <summary>
        /// Makes cascade attention ready: as <see cref="PlanPagedAttention{T, TMask, TModifier}"/>, but where neighbouring sequences of the
        /// table begin with the same pages, as sequences with a common prompt do, the tokens in these pages are attended once for all of
        /// them.
        /// </summary>
        /// <remarks>
        /// <para>Ye et al., "Cascade Inference: Memory Bandwidth Efficient Shared Prefix Batch Decoding", 2024. A query's keys are
        /// ranges: first those that it has in common with many, then with fewer, at last its own. Each range's queries, of all its
        /// sequences, are attended together, which reads its keys once; each gives a partial state, and the states of a row are merged in
        /// the order of its keys.</para>
        /// <para>What is common is found by comparing entries of the table, at each change of it; sequences that share pages are to be
        /// neighbours, sequences without queries between them apart. Masks and modifiers see tokens where they stand in their sequence. A
        /// range of fewer than 128 common tokens, and sequences with many queries, whose work is not the reading of keys, are attended as
        /// in other plans.</para>
        /// </remarks>
        /// <param name="table">The table; its entries and lengths may change from run to run.</param>
        /// <param name="heads">Query heads; a multiple of the cache's kv heads.</param>
        /// <param name="maximumQueries">The most query tokens of a sequence in any run; 1 for decode.</param>
        /// <param name="mask">Which keys a query attends to; <see cref="CausalMask"/> for language models.</param>
        /// <param name="modifier">What becomes of a score before the softmax.</param>
        /// <param name="format">How query and output are stored; keys and values are as the cache stores them, whatever this is.</param>
        /// <param name="options">Scale, how many ranges of common tokens a sequence may have
        /// (<see cref="AttentionOptions.CascadeLevels"/>), and choices to force; all defaults where <see langword="null"/>. The algorithm
        /// is split-KV, the reduction the fastest.</param>
        /// <returns>The plan; the caller disposes it.</returns>
        /// <exception cref="ArgumentException">As for
        /// <see cref="PlanPagedAttention{T, TMask, TModifier}"/>,
        /// or the options ask for another algorithm than split-KV or for the batch-invariant reduction.</exception>
        /// <exception cref="KernelCompilationException">The mask or modifier uses what kernels cannot.</exception>
        /// <exception cref="NotSupportedException">A forced schedule cannot run on the device, or a launch could have more work groups than
        /// there can be.</exception>
        /// <exception cref="DeviceMemoryException">The workspace cannot be allocated.</exception>
        /// <exception cref="ObjectDisposedException">The device, the cache or the table is disposed.</exception>
        /// <example>
        /// <code>
        /// using var cache = new PagedKeyValueCache(device, new CacheOptions { Pages = 64, KeyValueHeads = 2, HeadDimension = 64 });
        /// using var table = new BlockTable(cache, sequences: 2, pagesPerSequence: 8);
        /// using CachedSequence first = cache.Start();
        /// first.Extend(48);
        /// using CachedSequence second = first.Fork();                                 // shares three pages, which are attended to once
        /// table.Set(0, first);
        /// table.Set(1, second);
        /// using var plan = device.PlanCascadeAttention(table, 8, maximumQueries: 1, new CausalMask());
        /// using Tensor&lt;float> query = device.Allocate&lt;float>([2, 8, 64]), output = device.Allocate&lt;float>(query.Shape);
        /// plan.Run(query, [1, 1], output);
        /// </code>
        /// </example>
        public PagedAttentionPlan<T> PlanCascadeAttention(
            BlockTable table, int heads, int maximumQueries, TMask mask, TModifier modifier,
            NumberFormat<T> format, AttentionOptions? options = null)
        {
            ArgumentNullException.ThrowIfNull(format);
            if (table is { IsOnDevice: true })
            {
                throw new ArgumentException(
                    "Only the device has the rows of the table; what sequences have in common is found on the host.", nameof(table));
            }

            AttentionProblem problem = Problem(device, table, heads, maximumQueries, format, options);
            options ??= new AttentionOptions();
            (PlanDecision decision, CascadeSizes sizes) = AttentionPlanner.ChooseCascade(device, problem, options);
            AttentionKernelSet<PagedLayout, CascadeWork> kernels = KernelSets.Load<PagedLayout, CascadeWork, TMask, TModifier>(
                device, problem, decision, mask, modifier, options.Scale);
            return kernels.OwnedBy(() => new PagedAttentionPlan<T>(table, kernels, new CascadeSteps(table, kernels, sizes)));
        }
    }

    /// <typeparam name="TMask">The mask: one of the library's, or a public struct of your own.</typeparam>
    /// <param name="device">The device of the table's cache.</param>
    extension<TMask>(AttentionDevice device)
        where TMask : struct, IMask<TMask>
    {
        /// <summary>As the other overload, of fp32 queries.</summary>
        /// <inheritdoc cref="PlanPagedAttention{T, TMask, TModifier}"/>
        public PagedAttentionPlan<float> PlanPagedAttention<TModifier>(
            BlockTable table, int heads, int maximumQueries, TMask mask, TModifier modifier, AttentionOptions? options = null)
            where TModifier : struct, IScoreModifier<TModifier> =>
            device.PlanPagedAttention(table, heads, maximumQueries, mask, modifier, NumberFormat.Float32, options);

        /// <summary>As the other overload, of fp32 queries and without a score modifier.</summary>
        /// <inheritdoc cref="PlanPagedAttention{T, TMask, TModifier}"/>
        public PagedAttentionPlan<float> PlanPagedAttention(
            BlockTable table, int heads, int maximumQueries, TMask mask, AttentionOptions? options = null) =>
            device.PlanPagedAttention(table, heads, maximumQueries, mask, new NoModifier(), options);

        /// <summary>As the other overload, of fp32 queries and without a score modifier.</summary>
        /// <inheritdoc cref="PlanCascadeAttention{T, TMask, TModifier}"/>
        public PagedAttentionPlan<float> PlanCascadeAttention(
            BlockTable table, int heads, int maximumQueries, TMask mask, AttentionOptions? options = null) =>
            device.PlanCascadeAttention(table, heads, maximumQueries, mask, new NoModifier(), NumberFormat.Float32, options);
    }

    private static AttentionProblem Problem(
        AttentionDevice device, BlockTable table, int heads, int maximumQueries, NumberFormat format, AttentionOptions? options)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(table);
        device.ThrowIfDisposed();
        ObjectDisposedException.ThrowIf(table.IsDisposed, table);
        ObjectDisposedException.ThrowIf(table.Cache.IsDisposed, table.Cache);
        ArgumentOutOfRangeException.ThrowIfNegative(maximumQueries);
        if (table.Cache.Device != device)
        {
            string other = DeviceChecks.Other(table.Cache.Device.Accelerator);
            throw new ArgumentException($"The table's cache is on {other}; it must be on {DeviceChecks.Own(device)}.", nameof(table));
        }

        if (options?.ValueDimension is { } dimension && dimension != table.Cache.ValueDimension)
        {
            throw new ArgumentException(
                $"The options ask for values of dimension {dimension}; those of the cache are of {table.Cache.ValueDimension}.",
                nameof(options));
        }

        CacheOptions sizes = table.Cache.Options;
        if (table.Cache.IsLatent && options?.Scale is null)
        {
            throw new ArgumentException(
                "The cache is latent; the scale must be given, since it is that of the model's heads, whose dimension is not the cache's.",
                nameof(options));
        }

        var problem = new AttentionProblem(
            table.Sequences, heads, sizes.KeyValueHeads, sizes.HeadDimension, maximumQueries, table.MaximumKeys, IsRagged: true)
        {
            ValueDimension = table.Cache.ValueDimension,
            Formats = (format.Type, sizes.KeyFormat.Type, sizes.ValueFormat.Type),
        };
        problem.Validate(nameof(heads), nameof(heads));
        return problem;
    }
}
