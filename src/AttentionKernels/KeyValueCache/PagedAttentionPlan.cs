using AttentionKernels.Attention;
using AttentionKernels.Attention.Layouts;
using AttentionKernels.Devices;
using AttentionKernels.KeyValueCache;
using AttentionKernels.Launching;
using AttentionKernels.MicroKernels;
using ILGPU.Runtime;

namespace AttentionKernels;

/// <summary>
/// Attention over a paged KV cache made ready for one cache and table, decode and prefill in one. Made by
/// <see cref="PagedAttentionOperations.PlanPagedAttention{T, TMask, TModifier}"/>; the caller disposes it.
/// </summary>
/// <remarks>
/// The query tokens of all sequences stand one after the other, [tokens, heads, headDim]; keys and values are found through the block
/// table. The kernels are those of contiguous attention, with another way to a token's key and value, so the results are the same bit for
/// bit. A plan has one workspace, and so one run at a time: a run on another stream waits for the last one, and one of another thread at
/// the same time is refused.
/// </remarks>
/// <typeparam name="T">The element type of query and output; one of <see cref="NumberFormat"/>. Keys and values are as the cache stores
/// them.</typeparam>
public sealed class PagedAttentionPlan<T> : PreparedAttention
    where T : unmanaged
{
    private readonly AttentionKernelSet _kernels;
    private readonly BlockTable _table;
    private readonly ListedSteps<PagedLayout> _steps;

    /// <summary>Takes over kernels, and what finds the work of a step.</summary>
    internal PagedAttentionPlan(BlockTable table, AttentionKernelSet kernels, ListedSteps<PagedLayout> steps)
        : base(kernels)
    {
        _kernels = kernels;
        _table = table;
        _steps = steps;
    }

    /// <summary>Queues the computation; the call returns before it is done, except on the managed CPU.</summary>
    /// <remarks>
    /// Where the table or the query lengths have changed since the last run, as every step of a growing sequence changes them, a copy to
    /// the device is queued first; changing them again waits for it.
    /// </remarks>
    /// <param name="query">The query tokens of all sequences [tokens, heads, headDim].</param>
    /// <param name="queryLengths">For each sequence of the table its number of query tokens; they are the last of its tokens.</param>
    /// <param name="output">The output, like the query, in a latent cache [tokens, heads, latentDim]; overlaps no input.</param>
    /// <param name="logSumExp">The dense log-sum-exp [heads, tokens], natural logarithm; not computed where <see langword="null"/>.</param>
    /// <param name="layer">The layer of the cache, from 0.</param>
    /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A tensor has a wrong shape, strides that kernels cannot use, is of another device, or overlaps
    /// what is written; or a length or the layer is out of range.</exception>
    /// <exception cref="DeviceFailedException">The driver refuses a launch.</exception>
    /// <exception cref="DeviceMemoryException">The step has more tiles than any before it, and the device has no memory for their
    /// list.</exception>
    /// <exception cref="InvalidOperationException">
    /// A sequence with queries was swapped out, or its pages have changed, since its row of the table was set; or another thread runs the
    /// plan at this moment.
    /// </exception>
    /// <exception cref="ObjectDisposedException">
    /// The plan, its device, cache or table, a sequence with queries, a tensor, or a view of the mask or the modifier is disposed.
    /// </exception>
    public void Run(
        TensorView<T> query,
        ReadOnlySpan<int> queryLengths,
        TensorView<T> output,
        TensorView<float>? logSumExp = null,
        int layer = 0,
        AcceleratorStream? stream = null)
    {
        AttentionProblem problem = _kernels.Problem;
        using RunGuard.Scope run = _kernels.Enter();
        ObjectDisposedException.ThrowIf(_table.IsDisposed, _table);
        ObjectDisposedException.ThrowIf(_table.Cache.IsDisposed, _table.Cache);
        _table.Cache.CheckLayer(layer);
        int tokens = CheckLengths(queryLengths);
        _table.CheckRows(queryLengths);
        var queries = new QueryTensors<T>(query, output, logSumExp);
        queries.Check(Device, [tokens, problem.Heads, problem.HeadDimension], problem.ValueDimension, [problem.Heads, tokens]);
        CachePages pages = _table.Cache.Memory;
        pages.CheckDisjoint(output.Footprint, nameof(output));
        if (logSumExp is { } states)
            pages.CheckDisjoint(states.Footprint, nameof(logSumExp));

        AcceleratorStream target = DeviceChecks.Stream(Device, stream);
        _steps.Plan(queryLengths);
        (TensorView<int> entries, TensorView<int> keyLengths) = _table.Upload(target, _steps.UploadQueryStarts(target));
        if (tokens == 0)
            return;
        var layout = new PagedLayout
        {
            BlockTable = entries.Data,
            PagesPerSequence = _table.PagesPerSequence,
            PageSize = new IndexDivisor(_table.Cache.Options.PageSize),
            QueryTokens = tokens,
            QueryTokenStride = query.Strides[0],
            OutputTokenStride = output.Strides[0],
        };
        _steps.Launch(target, queries.Call(pages.Keys.Tokens(layer), pages.Values.Tokens(layer)), layout, keyLengths.Data);
        _kernels.Trace(
            queryLengths, _table.IsOnDevice ? [] : _table.KeyLengths, _table.MaximumKeys, _table.Cache.Options.PageSize,
            cascades: _steps is CascadeSteps);
    }

    /// <inheritdoc/>
    private protected override void DisposeOwned() => _steps.Dispose();

    private int CheckLengths(ReadOnlySpan<int> queryLengths)
    {
        const string Name = nameof(queryLengths);
        if (queryLengths.Length != _table.Sequences)
            throw new ArgumentException($"{queryLengths.Length} lengths were given; the table has {_table.Sequences} sequences.", Name);

        int tokens = TokenCounts.Sum(queryLengths, _kernels.Problem.MaximumQueries, "query", Name);
        for (int sequence = 0; !_table.IsOnDevice && sequence < queryLengths.Length; sequence++)
        {
            if (queryLengths[sequence] > _table.KeyLengths[sequence])
            {
                throw new ArgumentException(
                    $"Sequence {sequence} has {queryLengths[sequence]} query tokens and {_table.KeyLengths[sequence]} tokens in the " +
                    "table; the queries are the last of its tokens.", Name);
            }
        }

        return tokens;
    }
}
