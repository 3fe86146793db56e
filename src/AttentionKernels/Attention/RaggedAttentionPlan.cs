using AttentionKernels.Attention;
using AttentionKernels.Attention.Layouts;
using AttentionKernels.Attention.Work;
using AttentionKernels.Devices;
using AttentionKernels.Launching;
using AttentionKernels.Tensors;
using ILGPU.Runtime;

namespace AttentionKernels;

/// <summary>
/// Attention over a batch of sequences of their own lengths made ready, self and cross attention, few queries and many in one. Made by
/// <see cref="AttentionOperations.PlanRaggedAttention{T, TMask, TModifier}"/>; the caller disposes it.
/// </summary>
/// <remarks>
/// O = softmax(Q·Kᵀ·scale)·V for each sequence and head. The tokens of all sequences stand one after the other, without padding: the query
/// is [tokens, heads, headDim], key and value are [key tokens, kv heads, headDim]. The outer two strides are free, the innermost is 1.
/// Masks and modifiers see each token where it stands in its sequence. The kernels are those of <see cref="AttentionPlan{T}"/>, with
/// another way to a token: by the batch-invariant reduction a sequence has the bits that it has alone. A plan has one workspace, and so one
/// run at a time: a run on another stream waits for the last one, and one of another thread at the same time is refused.
/// </remarks>
/// <typeparam name="T">The element type of query, key, value and output; one of <see cref="NumberFormat"/>.</typeparam>
public sealed class RaggedAttentionPlan<T> : PreparedAttention
    where T : unmanaged
{
    private readonly AttentionKernelSet _kernels;
    private readonly SequenceSteps<RaggedLayout> _steps;

    // For each sequence its first key token, then for each its number of them.
    private readonly MirroredTensor<int> _keys;

    // Of the run, for each sequence: those of queries, then those of keys.
    private readonly int[] _lengths;

    internal RaggedAttentionPlan(AttentionKernelSet<RaggedLayout, RaggedWork> kernels)
        : base(kernels)
    {
        _kernels = kernels;
        _steps = new SequenceSteps<RaggedLayout>(kernels);
        _lengths = new int[2 * kernels.Problem.Batch];
        try
        {
            _keys = new MirroredTensor<int>(kernels.Device, Math.Max(1, 2 * kernels.Problem.Batch));
        }
        catch
        {
            _steps.Dispose();
            throw;
        }
    }

    private int Sequences => _kernels.Problem.Batch;

    /// <summary>Queues the computation; the call returns before it is done, except on the managed CPU.</summary>
    /// <remarks>Where lengths have changed since the last run, a copy to the device is queued first; changing them again waits for
    /// it.</remarks>
    /// <param name="query">The query tokens of all sequences [tokens, heads, headDim].</param>
    /// <param name="key">The key tokens of all sequences [key tokens, kv heads, headDim].</param>
    /// <param name="value">The value, like the key; of another head dimension where the options say so.</param>
    /// <param name="lengths">How many tokens each sequence has.</param>
    /// <param name="output">The output, like the query, of the value's head dimension; overlaps no input.</param>
    /// <param name="logSumExp">The dense log-sum-exp [heads, tokens], natural logarithm; not computed where <see langword="null"/>.</param>
    /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A tensor has another shape than the lengths say, strides that kernels cannot use, is of another
    /// device, or overlaps what is written; or a length is out of range.</exception>
    /// <exception cref="DeviceFailedException">The driver refuses a launch.</exception>
    /// <exception cref="DeviceMemoryException">The run has more tiles than any before it, and the device has no memory for their
    /// list.</exception>
    /// <exception cref="InvalidOperationException">Another thread runs the plan at this moment.</exception>
    /// <exception cref="ObjectDisposedException">The plan, its device, a tensor, or a view of the mask or the modifier is
    /// disposed.</exception>
    public void Run(
        TensorView<T> query,
        TensorView<T> key,
        TensorView<T> value,
        RaggedLengths lengths,
        TensorView<T> output,
        TensorView<float>? logSumExp = null,
        AcceleratorStream? stream = null)
    {
        AttentionProblem problem = _kernels.Problem;
        using RunGuard.Scope run = _kernels.Enter();
        Span<int> queryLengths = _lengths.AsSpan(0, Sequences);
        Span<int> keyLengths = _lengths.AsSpan(Sequences);
        int queries = Sum(lengths.Queries, queryLengths, problem.MaximumQueries, "query");
        int keys = Sum(lengths.Keys, keyLengths, problem.MaximumKeys, "key");
        var tensors = new QueryTensors<T>(query, output, logSumExp);
        tensors.Check(Device, [queries, problem.Heads, problem.HeadDimension], problem.ValueDimension, [problem.Heads, queries]);
        tensors.CheckKeys(Device, key, value, [keys, problem.KeyValueHeads, problem.HeadDimension], problem.ValueDimension);

        AcceleratorStream target = DeviceChecks.Stream(Device, stream);
        _steps.Plan(queryLengths);
        UpdateKeys(keyLengths);
        if (queries == 0)
            return;
        TensorView<int> uploaded = _keys.Upload(target);
        var layout = new RaggedLayout
        {
            KeyStarts = uploaded.Data.SubView(0, Sequences),
            QueryTokens = queries,
            QueryTokenStride = query.Strides[0],
            OutputTokenStride = output.Strides[0],
        };
        _steps.Launch(target, tensors.Call(key, value), layout, uploaded.Data.SubView(Sequences, Sequences));
        _kernels.Trace(queryLengths, keyLengths, problem.MaximumKeys);
    }

    /// <inheritdoc/>
    private protected override void DisposeOwned()
    {
        _steps.Dispose();
        _keys.Dispose();
    }

    private int Sum(TokenLengths lengths, Span<int> of, int most, string tokens)
    {
        if (lengths.Count != Sequences)
        {
            throw new ArgumentException(
                $"{lengths.Count} {tokens} lengths were given; the plan was made for {Sequences} sequences.", nameof(lengths));
        }

        lengths.CopyTo(of);
        return TokenCounts.Sum(of, most, tokens, nameof(lengths));
    }

    private void UpdateKeys(ReadOnlySpan<int> lengths)
    {
        if (lengths.SequenceEqual(_keys.Host.Slice(Sequences, Sequences)))
            return;
        Span<int> keys = _keys.Write();
        int start = 0;
        for (int sequence = 0; sequence < lengths.Length; sequence++)
        {
            keys[sequence] = start;
            keys[Sequences + sequence] = lengths[sequence];
            start += lengths[sequence];
        }
    }
}
