using AttentionKernels.Attention;
using AttentionKernels.Attention.Layouts;
using AttentionKernels.Attention.Work;
using AttentionKernels.Devices;
using AttentionKernels.Launching;
using AttentionKernels.MicroKernels;
using AttentionKernels.Tensors;
using ILGPU.Runtime;

namespace AttentionKernels.KeyValueCache;

/// <summary>What paged plans have in common, whichever work they give to kernels.</summary>
/// <typeparam name="T">The element type of query and output.</typeparam>
/// <typeparam name="TWork">Which work there is.</typeparam>
internal abstract class StoredPagesPlan<T, TWork> : PagedAttentionPlan<T>
    where T : unmanaged
    where TWork : struct, IListedWork<TWork>
{
    private const int MostTilesAtFirst = 1 << 16;

    private readonly AttentionKernelSet<PagedLayout, TWork> _kernels;
    private readonly MirroredTensor<int> _queryStarts;

    // The tiles of each pass.
    private readonly TileList[] _tiles;
    private bool _tilesAreCurrent;

    protected StoredPagesPlan(BlockTable table, AttentionKernelSet<PagedLayout, TWork> kernels)
        : base(kernels)
    {
        _kernels = kernels;
        Table = table;
        _tiles = new TileList[kernels.Passes];
        try
        {
            _queryStarts = new MirroredTensor<int>(kernels.Device, table.Sequences + 1);
            for (int pass = 0; pass < _tiles.Length; pass++)
                _tiles[pass] = new TileList(kernels.Device, DecodeTiles(pass));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The table.</summary>
    protected BlockTable Table { get; }

    /// <summary>What was decided.</summary>
    protected PlanDecision Decision => _kernels.Decision;

    /// <summary>The items of work as <see cref="Plan"/> found them.</summary>
    protected abstract ReadOnlySpan<PlannedItem> Items { get; }

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
        output.CheckDisjoint(nameof(output), query.Footprint, nameof(query));
        Table.Cache.Memory.CheckDisjoint(output.Footprint, nameof(output));
        if (logSumExp is { } states)
        {
            states.CheckOutput(Device, [problem.Heads, tokens], nameof(logSumExp));
            states.CheckDense(nameof(logSumExp));
            states.CheckDisjoint(nameof(logSumExp), query.Footprint, nameof(query));
            Table.Cache.Memory.CheckDisjoint(states.Footprint, nameof(logSumExp));
            states.CheckDisjoint(nameof(logSumExp), output.Footprint, nameof(output));
        }

        AcceleratorStream target = DeviceChecks.Stream(Device, stream);
        UpdateTiles(queryLengths);
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
            PageSize = new IndexDivisor(Table.Cache.Options.PageSize),
            QueryTokens = tokens,
            QueryTokenStride = query.Strides[0],
            OutputTokenStride = output.Strides[0],
        };
        TWork work = Upload(target, new SequenceLengths { QueryStarts = queryStarts.Data, Keys = keyLengths.Data });
        for (int pass = 0; pass < _tiles.Length; pass++)
            _kernels.Run(pass, target, call, layout, TWork.With(work, _tiles[pass].Upload(target)), _tiles[pass].Count);
    }

    /// <summary>Finds the items of work.</summary>
    /// <param name="queryLengths">For each sequence its number of query tokens.</param>
    /// <returns>Whether they are other ones than last time.</returns>
    protected abstract bool Plan(ReadOnlySpan<int> queryLengths);

    /// <summary>The work on the device, brought up to date first, without its tiles.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="sequences">How long the sequences are.</param>
    protected abstract TWork Upload(AcceleratorStream stream, SequenceLengths sequences);

    /// <inheritdoc/>
    private protected override void DisposeOwned()
    {
        _queryStarts?.Dispose();
        foreach (TileList? tiles in _tiles)
            tiles?.Dispose();
    }

    // The tiles of a pass of a step in which each sequence decodes: such steps never allocate.
    private int DecodeTiles(int pass)
    {
        int queries = Math.Min(_kernels.Problem.MaximumQueries, Math.Max(1, Decision.SplitQueries));
        TileGrid tiles = _kernels.Grid(pass)(Decision.Plan(new WorkItem { Queries = queries }, stateRow: 0));
        return (int)Math.Min(_kernels.Problem.Batch * tiles.Count, MostTilesAtFirst);
    }

    private void UpdateTiles(ReadOnlySpan<int> queryLengths)
    {
        _tilesAreCurrent &= !Plan(queryLengths);
        if (_tilesAreCurrent)
            return;
        for (int pass = 0; pass < _tiles.Length; pass++)
            _tiles[pass].Plan(Items, _kernels.Grid(pass));
        _tilesAreCurrent = true;
    }

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
