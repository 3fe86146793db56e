using AttentionKernels.Attention;
using AttentionKernels.Attention.Layouts;
using AttentionKernels.Attention.Work;
using AttentionKernels.Devices;
using AttentionKernels.Launching;
using ILGPU.Runtime;

namespace AttentionKernels;

/// <summary>
/// Attention made ready for one set of shapes on one device: kernels compiled, workspace allocated. Made by
/// <see cref="AttentionOperations.PlanAttention{T, TMask, TModifier}"/>; the caller disposes it.
/// </summary>
/// <remarks>
/// O = softmax(Q·Kᵀ·scale)·V for each batch and head. The query is [batch, queries, heads, headDim], key and value are [batch, keys, kv
/// heads, headDim], the output is like the query, the log-sum-exp [batch, heads, queries]. The outer three strides are free, the innermost
/// is 1. The planned numbers of queries and keys are the most that a run may have: one plan serves a cache that grows. A plan has one
/// workspace, and so one run at a time: a run on another stream waits for the last one, and one of another thread at the same time is
/// refused. Plans are cheap beside each other: threads that compute at once have one each.
/// </remarks>
/// <typeparam name="T">The element type of query, key, value and output; one of <see cref="NumberFormat"/>.</typeparam>
public sealed class AttentionPlan<T> : PreparedAttention
    where T : unmanaged
{
    private readonly AttentionKernelSet<ContiguousLayout, UniformWork> _kernels;
    private readonly TensorShape _queryShape;
    private readonly TensorShape _keyShape;

    internal AttentionPlan(TensorShape query, TensorShape key, AttentionKernelSet<ContiguousLayout, UniformWork> kernels)
        : base(kernels)
    {
        _kernels = kernels;
        _queryShape = query;
        _keyShape = key;
    }

    /// <summary>Queues the computation; the call returns before it is done, except on the managed CPU.</summary>
    /// <param name="query">The query [batch, queries, heads, headDim]; at most as many queries as planned.</param>
    /// <param name="key">The key [batch, keys, kv heads, headDim]; at most as many keys as planned.</param>
    /// <param name="value">The value, like the key; of another head dimension where the options say so.</param>
    /// <param name="output">The output, like the query, of the value's head dimension; overlaps no input.</param>
    /// <param name="logSumExp">The dense log-sum-exp [batch, heads, queries], natural logarithm; not computed where
    /// <see langword="null"/>.</param>
    /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A tensor has another shape than planned, strides that kernels cannot use, is of another device,
    /// or overlaps what is written.</exception>
    /// <exception cref="DeviceFailedException">The driver refuses a launch.</exception>
    /// <exception cref="InvalidOperationException">Another thread runs the plan at this moment.</exception>
    /// <exception cref="ObjectDisposedException">The plan, its device, a tensor, or a view of the mask or the modifier is
    /// disposed.</exception>
    public void Run(
        TensorView<T> query,
        TensorView<T> key,
        TensorView<T> value,
        TensorView<T> output,
        TensorView<float>? logSumExp = null,
        AcceleratorStream? stream = null)
    {
        using RunGuard.Scope run = _kernels.Enter();
        TensorShape queryShape = UpTo(_queryShape, query.Shape, nameof(query));
        TensorShape keyShape = UpTo(_keyShape, key.Shape, nameof(key));
        var tensors = new AttentionTensors<T>(new QueryTensors<T>(query, output, logSumExp), key, value);
        tensors.Check(Device, queryShape, keyShape, _kernels.Problem.ValueDimension, [queryShape[0], queryShape[2], queryShape[1]]);

        AcceleratorStream target = DeviceChecks.Stream(Device, stream);
        var layout = new ContiguousLayout
        {
            Queries = (int)queryShape[1],
            Keys = (int)keyShape[1],
            Heads = (int)queryShape[2],
            QueryBatchStride = query.Strides[0],
            QueryTokenStride = query.Strides[1],
            OutputBatchStride = output.Strides[0],
            OutputTokenStride = output.Strides[1],
        };
        PlannedItem item = _kernels.Decision.Plan(new WorkItem { Queries = layout.Queries, Keys = layout.Keys }, stateRow: 0);
        var work = new UniformWork { Queries = layout.Queries, Keys = layout.Keys, HasStates = item.HasStates ? 1 : 0 };
        for (int pass = 0; pass < _kernels.Passes; pass++)
        {
            work.Grid = _kernels.Grid(pass)(item);
            _kernels.Run(pass, target, tensors.Call(), layout, work, _kernels.Problem.Batch * work.Grid.Count);
        }
    }

    /// <summary>The planned shape with the number of tokens of a run, which may be smaller.</summary>
    private static TensorShape UpTo(TensorShape planned, TensorShape shape, string name)
    {
        if (shape.Rank != planned.Rank || shape[1] > planned[1])
        {
            throw new ArgumentException(
                $"The shape of '{name}' is {shape}; the plan was made for {planned}, with at most {planned[1]} tokens.", name);
        }

        return planned.With(1, shape[1]);
    }

    /// <summary>What a plan for tensors of these shapes computes.</summary>
    /// <exception cref="ArgumentException">The shapes do not fit each other.</exception>
    internal static AttentionProblem Problem(TensorShape query, TensorShape key, NumberFormat format, AttentionOptions options)
    {
        AttentionProblem problem = AttentionProblem.Of(query, key, format.Type);
        problem = problem with { ValueDimension = options.ValueDimensionBeside(problem.HeadDimension, nameof(options)) };
        problem.Validate(nameof(query), nameof(key));
        return problem;
    }
}
