using AttentionKernels.Attention;
using AttentionKernels.Attention.Layouts;
using AttentionKernels.Attention.Work;
using AttentionKernels.Devices;
using AttentionKernels.Launching;
using AttentionKernels.Tensors;
using ILGPU.Runtime;

namespace AttentionKernels.KeyValueCache;

/// <summary>What paged plans have in common, whichever work they give to kernels.</summary>
internal abstract class StoredPagesPlan<T> : PagedAttentionPlan<T>
    where T : unmanaged
{
    private readonly AttentionKernelSet _kernels;
    private readonly MirroredTensor<int> _queryStarts;

    protected StoredPagesPlan(BlockTable table, AttentionKernelSet kernels)
        : base(kernels)
    {
        _kernels = kernels;
        Table = table;
        try
        {
            _queryStarts = new MirroredTensor<int>(kernels.Device, table.Sequences + 1);
        }
        catch
        {
            kernels.Dispose();
            throw;
        }
    }

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
        AttentionProblem problem = _kernels.Problem;
        using RunGuard.Scope run = _kernels.Enter();
        ObjectDisposedException.ThrowIf(Table.IsDisposed, Table);
        ObjectDisposedException.ThrowIf(Table.Cache.IsDisposed, Table.Cache);
        Table.Cache.CheckLayer(layer);
        int tokens = CheckLengths(queryLengths);
        Table.CheckRows(queryLengths);
        query.CheckInput(Device, [tokens, problem.Heads, problem.HeadDimension], nameof(query));
        output.CheckOutput(Device, [tokens, problem.Heads, problem.ValueDimension], nameof(output));
        output.CheckDisjoint(nameof(output), query, nameof(query));
        Table.Cache.Memory.CheckDisjoint(output, nameof(output));
        if (logSumExp is { } states)
        {
            states.CheckOutput(Device, [problem.Heads, tokens], nameof(logSumExp));
            states.CheckDense(nameof(logSumExp));
            states.CheckDisjoint(nameof(logSumExp), query, nameof(query));
            Table.Cache.Memory.CheckDisjoint(states, nameof(logSumExp));
            states.CheckDisjoint(nameof(logSumExp), output, nameof(output));
        }

        AcceleratorStream target = DeviceChecks.Stream(Device, stream);
        UpdateQueryStarts(queryLengths);
        TensorView<int> queryStarts = _queryStarts.Upload(target);
        (TensorView<int> pages, TensorView<int> keyLengths) = Table.Upload(target, queryStarts);
        if (tokens == 0)
            return;
        var call = new AttentionCall
        {
            Query = query.Data.Cast<byte>(),
            QueryHeadStride = query.Strides[1],
            Output = output.Data.Cast<byte>(),
            OutputHeadStride = output.Strides[1],
            LogSumExp = logSumExp?.Data ?? output.Data.SubView(0, 0).Cast<float>(),
            Keys = Table.Cache.Memory.Keys.Tokens(layer),
            Values = Table.Cache.Memory.Values.Tokens(layer),
        };
        var layout = new PagedLayout
        {
            BlockTable = pages.Data,
            PagesPerSequence = Table.PagesPerSequence,
            PageSize = Table.Cache.Options.PageSize,
            QueryTokens = tokens,
            QueryTokenStride = query.Strides[0],
            OutputTokenStride = output.Strides[0],
        };
        Queue(target, call, layout, new RaggedWork { QueryStarts = queryStarts.Data, KeyLengths = keyLengths.Data }, queryLengths);
    }

    /// <summary>Queues the kernels on a stream; all is checked.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="call">The memory.</param>
    /// <param name="layout">Where tokens lie.</param>
    /// <param name="sequences">The sequences by themselves.</param>
    /// <param name="queryLengths">For each sequence its number of query tokens.</param>
    protected abstract void Queue(
        AcceleratorStream stream, in AttentionCall call, in PagedLayout layout, RaggedWork sequences, ReadOnlySpan<int> queryLengths);

    /// <inheritdoc/>
    private protected override void DisposeOwned() => _queryStarts.Dispose();

    private int CheckLengths(ReadOnlySpan<int> queryLengths)
    {
        const string Name = nameof(queryLengths);
        if (queryLengths.Length != Table.Sequences)
            throw new ArgumentException($"{queryLengths.Length} lengths were given; the table has {Table.Sequences} sequences.", Name);

        // The plan's limit on rows keeps the sum within 32 bits.
        int tokens = 0;
        for (int sequence = 0; sequence < queryLengths.Length; sequence++)
        {
            int length = queryLengths[sequence];
            if (length < 0 || length > _kernels.Problem.MaximumQueries)
            {
                throw new ArgumentException(
                    $"Sequence {sequence} has {length} query tokens; the plan was made for 0 to {_kernels.Problem.MaximumQueries}.", Name);
            }

            if (!Table.IsOnDevice && length > Table.KeyLengths[sequence])
            {
                throw new ArgumentException(
                    $"Sequence {sequence} has {length} query tokens and {Table.KeyLengths[sequence]} tokens in the table; the queries " +
                    "are the last of its tokens.", Name);
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
