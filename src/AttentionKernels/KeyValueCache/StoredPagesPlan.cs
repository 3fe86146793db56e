using AttentionKernels.Attention;
using AttentionKernels.Attention.Kernels;
using AttentionKernels.Attention.Layouts;
using AttentionKernels.Formats;
using AttentionKernels.Launching;
using AttentionKernels.Tensors;
using ILGPU.Runtime;

namespace AttentionKernels.KeyValueCache;

/// <summary>A paged plan for one element type, way of storing keys and values, mask and modifier: what plans have in common however sequences are taken apart.</summary>
internal abstract class StoredPagesPlan<T, TElement, TLayout, TKeyUnit, TKey, TValueUnit, TValue, TMask, TModifier> : PagedAttentionPlan<T>
    where T : unmanaged
    where TElement : unmanaged, IElement<TElement>
    where TLayout : struct, ITokenLayout<TLayout>
    where TKeyUnit : unmanaged
    where TKey : unmanaged, IFormat<TKey>
    where TValueUnit : unmanaged
    where TValue : unmanaged, IFormat<TValue>
    where TMask : struct, IMask<TMask>
    where TModifier : struct, IScoreModifier<TModifier>
{
    private readonly PageMemory<TKeyUnit, TKey> _keys;
    private readonly PageMemory<TValueUnit, TValue> _values;
    private readonly MirroredTensor<int> _queryStarts;

    protected StoredPagesPlan(BlockTable table, AttentionKernelSet<TElement, StoredSequences<TLayout, TKey, TValue>, TMask, TModifier> launch)
        : base(launch)
    {
        Launch = launch;
        Table = table;
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

    /// <summary>The kernels.</summary>
    protected AttentionKernelSet<TElement, StoredSequences<TLayout, TKey, TValue>, TMask, TModifier> Launch { get; }

    /// <summary>The table.</summary>
    protected BlockTable Table { get; }

    /// <inheritdoc/>
    public override void Run(
        TensorView<T> query,
        ReadOnlySpan<int> queryLengths,
        TensorView<T> output,
        TensorView<float>? logSumExp = null,
        int layer = 0,
        AcceleratorStream? stream = null)
    {
        AttentionProblem problem = Launch.Problem;
        using RunGuard.Scope run = Launch.Enter();
        ObjectDisposedException.ThrowIf(Table.IsDisposed, Table);
        ObjectDisposedException.ThrowIf(Table.Cache.IsDisposed, Table.Cache);
        Table.Cache.CheckLayer(layer);
        int tokens = CheckLengths(queryLengths);
        Table.CheckRows(queryLengths);
        TensorChecks.Input(Device, query, [tokens, problem.Heads, problem.HeadDimension], nameof(query));
        TensorChecks.Output(Device, output, [tokens, problem.Heads, problem.ValueDimension], nameof(output));
        TensorChecks.Disjoint(output, nameof(output), query, nameof(query));
        Table.Cache.CheckDisjoint(output, nameof(output));
        if (logSumExp is { } states)
        {
            TensorChecks.Output(Device, states, [problem.Heads, tokens], nameof(logSumExp));
            TensorChecks.Dense(states, nameof(logSumExp));
            TensorChecks.Disjoint(states, nameof(logSumExp), query, nameof(query));
            Table.Cache.CheckDisjoint(states, nameof(logSumExp));
            TensorChecks.Disjoint(states, nameof(logSumExp), output, nameof(output));
        }

        AcceleratorStream target = TensorChecks.Stream(Device, stream);
        UpdateQueryStarts(queryLengths);
        TensorView<int> queryStarts = _queryStarts.Upload(target);
        (TensorView<int> pages, TensorView<int> keyLengths) = Table.Upload(target, queryStarts);
        if (tokens == 0)
            return;
        AttentionArguments<TElement, StoredSequences<TLayout, TKey, TValue>, TMask, TModifier> arguments = Launch.Template;
        arguments.Query = query.Data.Cast<TElement>();
        arguments.Output = output.Data.Cast<TElement>();
        // Kernels store no log-sum-exp into an empty view; a part of the output stands in, since drivers want real memory.
        arguments.LogSumExp = logSumExp?.Data ?? output.Data.SubView(0, 0).Cast<float>();
        arguments.QueryHeadStride = query.Strides[1];
        arguments.OutputHeadStride = output.Strides[1];
        arguments.Sequences.Keys = _keys.Tokens(layer);
        arguments.Sequences.Values = _values.Tokens(layer);
        var places = new PagedLayout
        {
            QueryStarts = queryStarts.Data,
            KeyLengths = keyLengths.Data,
            BlockTable = pages.Data,
            PagesPerSequence = Table.PagesPerSequence,
            PageSize = Table.Cache.Options.PageSize,
            QueryTokens = tokens,
            QueryTokenStride = query.Strides[0],
            OutputTokenStride = output.Strides[0],
        };
        Queue(target, arguments, places, queryLengths);
    }

    /// <summary>Queues the kernels on a stream; all is checked.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="arguments">The arguments, but for where tokens lie.</param>
    /// <param name="places">Where the tokens of the sequences lie.</param>
    /// <param name="queryLengths">For each sequence its number of query tokens.</param>
    protected abstract void Queue(
        AcceleratorStream stream, AttentionArguments<TElement, StoredSequences<TLayout, TKey, TValue>, TMask, TModifier> arguments,
        in PagedLayout places, ReadOnlySpan<int> queryLengths);

    /// <inheritdoc/>
    private protected override void DisposeOwned() => _queryStarts.Dispose();

    private int CheckLengths(ReadOnlySpan<int> queryLengths)
    {
        if (queryLengths.Length != Table.Sequences)
            throw new ArgumentException($"{queryLengths.Length} lengths were given; the table has {Table.Sequences} sequences.", nameof(queryLengths));
        // The plan's limit on rows keeps the sum within 32 bits.
        int tokens = 0;
        for (int sequence = 0; sequence < queryLengths.Length; sequence++)
        {
            int length = queryLengths[sequence];
            if (length < 0 || length > Launch.Problem.MaximumQueries)
            {
                throw new ArgumentException(
                    $"Sequence {sequence} has {length} query tokens; the plan was made for 0 to {Launch.Problem.MaximumQueries}.", nameof(queryLengths));
            }

            if (!Table.IsOnDevice && length > Table.KeyLengths[sequence])
            {
                throw new ArgumentException(
                    $"Sequence {sequence} has {length} query tokens and {Table.KeyLengths[sequence]} tokens in the table; the queries are the last of its tokens.",
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
