using AttentionKernels.Attention.Work;
using AttentionKernels.Tensors;
using ILGPU;
using ILGPU.Runtime;

namespace AttentionKernels.Attention;

/// <summary>The steps of a plan whose sequences have lengths of their own: which items of work a step has, and their tiles, both found
/// anew only where a step differs from the one before.</summary>
/// <typeparam name="TLayout">Where tokens lie.</typeparam>
internal abstract class ListedSteps<TLayout> : IDisposable
{
    private const int MostTilesAtFirst = 1 << 16;

    private readonly AttentionKernelSet _kernels;
    private readonly MirroredTensor<int> _queryStarts;

    // The tiles of each pass.
    private readonly TileList[] _tiles;
    private bool _tilesAreCurrent;

    /// <summary>Allocates what a step needs in which each sequence decodes: such steps never allocate.</summary>
    /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
    protected ListedSteps(AttentionKernelSet kernels)
    {
        _kernels = kernels;
        _tiles = new TileList[kernels.Passes];
        try
        {
            _queryStarts = new MirroredTensor<int>(kernels.Device, kernels.Problem.Batch + 1);
            for (int pass = 0; pass < _tiles.Length; pass++)
                _tiles[pass] = new TileList(kernels.Device, DecodeTiles(pass));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The items of work as <see cref="UpdateItems"/> left them.</summary>
    protected abstract ReadOnlySpan<PlannedItem> Items { get; }

    /// <summary>Plans a step.</summary>
    /// <param name="queryLengths">For each sequence its number of query tokens.</param>
    /// <exception cref="DeviceMemoryException">The step has more tiles than any before it, and the device has no memory for their
    /// list.</exception>
    public void Plan(ReadOnlySpan<int> queryLengths)
    {
        _tilesAreCurrent &= !UpdateItems(queryLengths);
        if (!_tilesAreCurrent)
        {
            for (int pass = 0; pass < _tiles.Length; pass++)
                _tiles[pass].Plan(Items, _kernels.Grid(pass));
            _tilesAreCurrent = true;
        }

        UpdateQueryStarts(queryLengths);
    }

    /// <summary>For each sequence its first query token, and one entry more, on the device.</summary>
    public TensorView<int> UploadQueryStarts(AcceleratorStream stream) => _queryStarts.Upload(stream);

    /// <summary>Queues the kernels of the planned step.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="call">The memory.</param>
    /// <param name="layout">Where tokens lie.</param>
    /// <param name="keyLengths">For each sequence its number of key tokens.</param>
    public void Launch(AcceleratorStream stream, in AttentionCall call, in TLayout layout, ArrayView<int> keyLengths)
    {
        var sequences = new SequenceLengths { QueryStarts = _queryStarts.Upload(stream).Data, Keys = keyLengths };
        for (int pass = 0; pass < _tiles.Length; pass++)
            Launch(pass, new ListedStep(stream, sequences, _tiles[pass].Upload(stream)), call, layout);
    }

    /// <summary>Waits for copies that are under way and frees the memory.</summary>
    public virtual void Dispose()
    {
        _queryStarts?.Dispose();
        foreach (TileList? tiles in _tiles)
            tiles?.Dispose();
    }

    /// <summary>Finds the items of work.</summary>
    /// <param name="queryLengths">For each sequence its number of query tokens.</param>
    /// <returns>Whether they are other ones than last time.</returns>
    protected abstract bool UpdateItems(ReadOnlySpan<int> queryLengths);

    /// <summary>Queues a pass.</summary>
    protected abstract void Launch(int pass, in ListedStep step, in AttentionCall call, in TLayout layout);

    private int DecodeTiles(int pass)
    {
        PlanDecision decision = _kernels.Decision;
        int queries = Math.Min(_kernels.Problem.MaximumQueries, Math.Max(1, decision.SplitQueries));
        TileGrid tiles = _kernels.Grid(pass)(decision.Plan(new WorkItem { Queries = queries }, stateRow: 0));
        return (int)Math.Min(_kernels.Problem.Batch * tiles.Count, MostTilesAtFirst);
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

/// <summary>A pass of a step, on the device.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Sequences">How long the sequences are.</param>
/// <param name="Tiles">The tiles of the pass.</param>
internal readonly record struct ListedStep(AcceleratorStream Stream, SequenceLengths Sequences, ArrayView<WorkTile> Tiles);
