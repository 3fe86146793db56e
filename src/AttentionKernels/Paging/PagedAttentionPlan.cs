using AttentionKernels.Attention;
using AttentionKernels.Attention.Kernels;
using AttentionKernels.Memory;
using ILGPU.Runtime;

namespace AttentionKernels;

/// <summary>
/// Attention over a paged KV cache made ready for one cache and table, decode and prefill in one. Made by
/// <see cref="PagedAttentionOperations.PlanPagedAttention{TMask, TModifier}"/>; the caller disposes it.
/// </summary>
/// <remarks>
/// The query tokens of all sequences stand one after the other, [tokens, heads, headDim]; keys and values are found through the block
/// table. The kernels are those of contiguous attention, with another way to a token's key and value, so the results are the same bit
/// for bit. A plan has one workspace, and its table one copy on the device: their runs belong on one stream at a time.
/// </remarks>
public abstract class PagedAttentionPlan : PreparedAttention
{
    private protected PagedAttentionPlan()
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
    /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A tensor has a wrong shape, strides that kernels cannot use, or is of another device; or a length is out of range.</exception>
    /// <exception cref="ObjectDisposedException">The plan, its device, cache or table or a tensor is disposed.</exception>
    public abstract void Run(
        TensorView<float> query,
        ReadOnlySpan<int> queryLengths,
        TensorView<float> output,
        TensorView<float>? logSumExp = null,
        AcceleratorStream? stream = null);
}

/// <summary>The plan for one mask and modifier.</summary>
internal sealed class PagedAttentionPlan<TMask, TModifier> : PagedAttentionPlan
    where TMask : struct, IMask<TMask>
    where TModifier : struct, IScoreModifier<TModifier>
{
    private readonly AttentionLaunch<StoredFp32, PagedSequences, TMask, TModifier> _launch;
    private readonly BlockTable _table;
    private readonly MirroredTensor<int> _queryStarts;

    public PagedAttentionPlan(AttentionDevice device, BlockTable table, int heads, int maximumQueries, TMask mask, TModifier modifier, AttentionOptions options)
    {
        CacheOptions sizes = table.Cache.Options;
        var problem = new AttentionProblem(table.Sequences, heads, sizes.KeyValueHeads, sizes.HeadDimension, maximumQueries, table.MaximumKeys, IsRagged: true);
        problem.Validate(nameof(heads), nameof(heads));
        AttentionChoice choice = AttentionPlanner.Choose(device, problem, options);
        _table = table;
        _launch = new AttentionLaunch<StoredFp32, PagedSequences, TMask, TModifier>(device, problem, choice, mask, modifier, options.Scale);
        try
        {
            _queryStarts = new MirroredTensor<int>(device, table.Sequences + 1);
        }
        catch
        {
            _launch.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override AttentionDevice Device => _launch.Device;

    /// <inheritdoc/>
    public override AttentionVariant Variant => _launch.Choice.Variant;

    /// <inheritdoc/>
    public override KernelSchedule Schedule => _launch.Choice.Schedule;

    /// <inheritdoc/>
    public override int Splits => _launch.Choice.Splits;

    /// <inheritdoc/>
    public override long WorkspaceBytes => _launch.WorkspaceBytes;

    /// <inheritdoc/>
    public override string Explain() => _launch.Explain();

    /// <inheritdoc/>
    public override void Run(
        TensorView<float> query,
        ReadOnlySpan<int> queryLengths,
        TensorView<float> output,
        TensorView<float>? logSumExp = null,
        AcceleratorStream? stream = null)
    {
        ObjectDisposedException.ThrowIf(_launch.IsDisposed, this);
        ObjectDisposedException.ThrowIf(_table.IsDisposed, _table);
        ObjectDisposedException.ThrowIf(_table.Cache.IsDisposed, _table.Cache);
        int tokens = CheckLengths(queryLengths);
        TensorShape expected = [tokens, _launch.Problem.Heads, _launch.Problem.HeadDimension];
        TensorView<float> key = _table.Cache.Key;
        TensorView<float> value = _table.Cache.Value;
        TensorChecks.Input(Device, query, expected, nameof(query));
        TensorChecks.Output(Device, output, expected, nameof(output));
        TensorChecks.Disjoint(output, nameof(output), query, nameof(query));
        TensorChecks.Disjoint(output, nameof(output), key, "the cache's keys");
        TensorChecks.Disjoint(output, nameof(output), value, "the cache's values");
        if (logSumExp is { } states)
        {
            TensorChecks.Output(Device, states, [_launch.Problem.Heads, tokens], nameof(logSumExp));
            TensorChecks.Dense(states, nameof(logSumExp));
            TensorChecks.Disjoint(states, nameof(logSumExp), query, nameof(query));
            TensorChecks.Disjoint(states, nameof(logSumExp), key, "the cache's keys");
            TensorChecks.Disjoint(states, nameof(logSumExp), value, "the cache's values");
            TensorChecks.Disjoint(states, nameof(logSumExp), output, nameof(output));
        }

        AcceleratorStream target = TensorChecks.Stream(Device, stream);
        UpdateQueryStarts(queryLengths);
        (TensorView<int> pages, TensorView<int> keyLengths) = _table.Upload(target);
        AttentionArguments<StoredFp32, PagedSequences, TMask, TModifier> arguments = _launch.Template;
        arguments.Query = query.Data.Cast<StoredFp32>();
        arguments.Key = key.Data.Cast<StoredFp32>();
        arguments.Value = value.Data.Cast<StoredFp32>();
        arguments.Output = output.Data.Cast<StoredFp32>();
        // Kernels store no log-sum-exp into an empty view; a part of the output stands in, since drivers want real memory.
        arguments.LogSumExp = logSumExp?.Data ?? output.Data.SubView(0, 0);
        arguments.QueryHeadStride = query.Strides[1];
        arguments.KeyHeadStride = key.Strides[2];
        arguments.ValueHeadStride = value.Strides[2];
        arguments.OutputHeadStride = output.Strides[1];
        arguments.Sequences = new PagedSequences
        {
            QueryStarts = _queryStarts.Upload(target).Data,
            KeyLengths = keyLengths.Data,
            BlockTable = pages.Data,
            PagesPerSequence = _table.PagesPerSequence,
            PageSize = _table.Cache.Options.PageSize,
            QueryTokens = tokens,
            QueryTokenStride = query.Strides[0],
            OutputTokenStride = output.Strides[0],
            KeyPageStride = key.Strides[0],
            KeyTokenStride = key.Strides[1],
            ValuePageStride = value.Strides[0],
            ValueTokenStride = value.Strides[1],
        };
        _launch.Run(target, arguments);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _launch.Dispose();
        _queryStarts.Dispose();
    }

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
