using AttentionKernels.Attention;
using AttentionKernels.Attention.Layouts;
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
    private readonly UniformRuns _runs;

    internal AttentionPlan(UniformRuns runs)
        : base(runs.Kernels) => _runs = runs;

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
        AttentionKernelSet kernels = _runs.Kernels;
        using RunGuard.Scope run = kernels.Enter();
        TensorShape queryShape = _runs.Queries(query.Shape, nameof(query));
        TensorShape keyShape = _runs.Keys(key.Shape, nameof(key));
        int valueDimension = kernels.Problem.ValueDimension;
        var tensors = new QueryTensors<T>(query, output, logSumExp);
        tensors.Check(Device, queryShape, valueDimension, [queryShape[0], queryShape[2], queryShape[1]]);
        tensors.CheckKeys(Device, key, value, keyShape, valueDimension);
        _runs.Launch(
            DeviceChecks.Stream(Device, stream), tensors.Call(key, value),
            ContiguousLayout.Of(queryShape, (int)keyShape[1], query.Strides, output.Strides));
    }
}
