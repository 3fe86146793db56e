using AttentionKernels.Attention;
using AttentionKernels.Attention.Kernels;
using AttentionKernels.Memory;
using AttentionKernels.Paging;
using ILGPU.Runtime;

namespace AttentionKernels;

/// <summary>
/// Attention over a paged KV cache made ready for one cache and table, decode and prefill in one. Made by
/// <see cref="PagedAttentionOperations.PlanPagedAttention{T, TMask, TModifier}"/>; the caller disposes it.
/// </summary>
/// <remarks>
/// The query tokens of all sequences stand one after the other, [tokens, heads, headDim]; keys and values are found through the block
/// table. The kernels are those of contiguous attention, with another way to a token's key and value, so the results are the same bit
/// for bit. A plan has one workspace, and its table one copy on the device: their runs belong on one stream at a time.
/// </remarks>
/// <typeparam name="T">The element type of query and output; one of <see cref="ElementType"/>. Keys and values are as the cache stores them.</typeparam>
public abstract class PagedAttentionPlan<T> : PreparedAttention
    where T : unmanaged
{
    private protected PagedAttentionPlan(AttentionLaunch launch)
        : base(launch)
    {
    }

    /// <summary>Queues the computation; the call returns before it is done, except on the managed CPU.</summary>
    /// <remarks>
    /// Where the table or the query lengths have changed since the last run, as every step of a growing sequence changes them, a copy to
    /// the device is queued first; changing them again waits for it.
    /// </remarks>
    /// <param name="query">The query tokens of all sequences [tokens, heads, headDim].</param>
    /// <param name="queryLengths">For each sequence of the table its number of query tokens; they are the last of its tokens.</param>
    /// <param name="output">The output, like the query; overlaps no input.</param>
    /// <param name="logSumExp">The dense log-sum-exp [heads, tokens], natural logarithm; not computed where <see langword="null"/>.</param>
    /// <param name="layer">The layer of the cache, from 0.</param>
    /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A tensor has a wrong shape, strides that kernels cannot use, or is of another device; or a length or the layer is out of range.</exception>
    /// <exception cref="InvalidOperationException">A sequence with queries was swapped out, or its pages have changed, since its row of the table was set.</exception>
    /// <exception cref="ObjectDisposedException">The plan, its device, cache or table, a sequence with queries or a tensor is disposed.</exception>
    public abstract void Run(
        TensorView<T> query,
        ReadOnlySpan<int> queryLengths,
        TensorView<T> output,
        TensorView<float>? logSumExp = null,
        int layer = 0,
        AcceleratorStream? stream = null);
}

/// <summary>The plan for one element type, way of storing keys and values, mask and modifier.</summary>
internal sealed class PagedAttentionPlan<T, TElement, TKeyUnit, TKey, TValueUnit, TValue, TMask, TModifier> : PagedAttentionPlan<T>
    where T : unmanaged
    where TElement : unmanaged, IElement<TElement>
    where TKeyUnit : unmanaged
    where TKey : unmanaged, IStored<TKey>
    where TValueUnit : unmanaged
    where TValue : unmanaged, IStored<TValue>
    where TMask : struct, IMask<TMask>
    where TModifier : struct, IScoreModifier<TModifier>
{
    private readonly AttentionLaunch<TElement, StoredSequences<PagedPlaces, TKey, TValue>, TMask, TModifier> _launch;
    private readonly BlockTable _table;
    private readonly PageMemory<TKeyUnit, TKey> _keys;
    private readonly PageMemory<TValueUnit, TValue> _values;
    private readonly MirroredTensor<int> _queryStarts;

    public PagedAttentionPlan(BlockTable table, AttentionProblem problem, AttentionChoice choice, TMask mask, TModifier modifier, float? scale)
        : this(table, new AttentionLaunch<TElement, StoredSequences<PagedPlaces, TKey, TValue>, TMask, TModifier>(
            table.Cache.Device, problem, choice, mask, modifier, scale))
    {
    }

    private PagedAttentionPlan(BlockTable table, AttentionLaunch<TElement, StoredSequences<PagedPlaces, TKey, TValue>, TMask, TModifier> launch)
        : base(launch)
    {
        _launch = launch;
        _table = table;
        _keys = (PageMemory<TKeyUnit, TKey>)table.Cache.KeyMemory;
        _values = (PageMemory<TValueUnit, TValue>)table.Cache.ValueMemory;
        try
        {
            _queryStarts = new MirroredTensor<int>(launch.Device, table.Sequences + 1);
        }
        catch
        {
            launch.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override void Run(
        TensorView<T> query,
        ReadOnlySpan<int> queryLengths,
        TensorView<T> output,
        TensorView<float>? logSumExp = null,
        int layer = 0,
        AcceleratorStream? stream = null)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        ObjectDisposedException.ThrowIf(_table.IsDisposed, _table);
        ObjectDisposedException.ThrowIf(_table.Cache.IsDisposed, _table.Cache);
        _table.Cache.CheckLayer(layer);
        int tokens = CheckLengths(queryLengths);
        _table.CheckRows(queryLengths);
        TensorChecks.Input(Device, query, [tokens, _launch.Problem.Heads, _launch.Problem.HeadDimension], nameof(query));
        TensorChecks.Output(Device, output, [tokens, _launch.Problem.Heads, _launch.Problem.ValueDimension], nameof(output));
        TensorChecks.Disjoint(output, nameof(output), query, nameof(query));
        _table.Cache.CheckDisjoint(output, nameof(output));
        if (logSumExp is { } states)
        {
            TensorChecks.Output(Device, states, [_launch.Problem.Heads, tokens], nameof(logSumExp));
            TensorChecks.Dense(states, nameof(logSumExp));
            TensorChecks.Disjoint(states, nameof(logSumExp), query, nameof(query));
            _table.Cache.CheckDisjoint(states, nameof(logSumExp));
            TensorChecks.Disjoint(states, nameof(logSumExp), output, nameof(output));
        }

        AcceleratorStream target = TensorChecks.Stream(Device, stream);
        UpdateQueryStarts(queryLengths);
        (TensorView<int> pages, TensorView<int> keyLengths) = _table.Upload(target);
        AttentionArguments<TElement, StoredSequences<PagedPlaces, TKey, TValue>, TMask, TModifier> arguments = _launch.Template;
        arguments.Query = query.Data.Cast<TElement>();
        arguments.Output = output.Data.Cast<TElement>();
        // Kernels store no log-sum-exp into an empty view; a part of the output stands in, since drivers want real memory.
        arguments.LogSumExp = logSumExp?.Data ?? output.Data.SubView(0, 0).Cast<float>();
        arguments.QueryHeadStride = query.Strides[1];
        arguments.OutputHeadStride = output.Strides[1];
        arguments.Sequences = new StoredSequences<PagedPlaces, TKey, TValue>
        {
            Places = new PagedPlaces
            {
                QueryStarts = _queryStarts.Upload(target).Data,
                KeyLengths = keyLengths.Data,
                BlockTable = pages.Data,
                PagesPerSequence = _table.PagesPerSequence,
                PageSize = _table.Cache.Options.PageSize,
                QueryTokens = tokens,
                QueryTokenStride = query.Strides[0],
                OutputTokenStride = output.Strides[0],
            },
            Keys = _keys.Tokens(layer),
            Values = _values.Tokens(layer),
        };
        _launch.Run(target, arguments);
    }

    /// <inheritdoc/>
    private protected override void DisposeOwned() => _queryStarts.Dispose();

    private int CheckLengths(ReadOnlySpan<int> queryLengths)
    {
        if (queryLengths.Length != _table.Sequences)
            throw new ArgumentException($"{queryLengths.Length} lengths were given; the table has {_table.Sequences} sequences.", nameof(queryLengths));
        // The plan's limit on rows keeps the sum within 32 bits.
        int tokens = 0;
        for (int sequence = 0; sequence < queryLengths.Length; sequence++)
        {
            int length = queryLengths[sequence];
            if (length < 0 || length > _launch.Problem.MaximumQueries)
            {
                throw new ArgumentException(
                    $"Sequence {sequence} has {length} query tokens; the plan was made for 0 to {_launch.Problem.MaximumQueries}.", nameof(queryLengths));
            }

            if (length > _table.KeyLengths[sequence])
            {
                throw new ArgumentException(
                    $"Sequence {sequence} has {length} query tokens and {_table.KeyLengths[sequence]} tokens in the table; the queries are the last of its tokens.",
                    nameof(queryLengths));
            }

            tokens += length;
        }

        return tokens;
    }

    // Decode steps all have the same lengths: the copy on the device is brought up to date only where they change.
    private void UpdateQueryStarts(ReadOnlySpan<int> queryLengths)
    {
        ReadOnlySpan<int> known = _queryStarts.Host;
        bool same = true;
        for (int sequence = 0; sequence < queryLengths.Length; sequence++)
            same &= known[sequence + 1] - known[sequence] == queryLengths[sequence];
        if (same)
            return;
        Span<int> starts = _queryStarts.Write();
        for (int sequence = 0; sequence < queryLengths.Length; sequence++)
            starts[sequence + 1] = starts[sequence] + queryLengths[sequence];
    }
}
