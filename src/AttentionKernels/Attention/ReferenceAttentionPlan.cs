using AttentionKernels.Attention;
using AttentionKernels.Attention.Kernels;
using AttentionKernels.Attention.Work;
using AttentionKernels.Devices;
using AttentionKernels.Tensors;
using ILGPU.Runtime;

namespace AttentionKernels;

/// <summary>
/// Attention in fp64 from end to end, made ready for a mask and a modifier on one device: what results of other kernels are compared with.
/// Made by <see cref="AttentionOperations.PlanReferenceAttention{TMask, TModifier}"/>; there is nothing to dispose.
/// </summary>
/// <remarks>
/// O = softmax(Q·Kᵀ·scale)·V for each batch and head, by a plain kernel: a thread takes a row, and goes over all keys twice. It is made to
/// be right and to be read, not to be fast. A plan has no memory of its own: several threads may run it at once, and its tensors may be of
/// any shapes that other plans take.
/// </remarks>
public abstract class ReferenceAttentionPlan
{
    private const string StatesName = "logSumExp";

    private readonly AttentionDevice _device;

    private protected ReferenceAttentionPlan(AttentionDevice device) => _device = device;

    /// <summary>Queues the computation; the call returns before it is done, except on the managed CPU.</summary>
    /// <param name="query">The query [batch, queries, heads, headDim]; the outer three strides of all tensors are free.</param>
    /// <param name="key">The key [batch, keys, kv heads, headDim]; heads is a multiple of kv heads.</param>
    /// <param name="value">The value, like the key; its head dimension may be another one.</param>
    /// <param name="output">The output, like the query, of the value's head dimension; overlaps no input.</param>
    /// <param name="logSumExp">The dense log-sum-exp [batch, heads, queries], natural logarithm; not computed where
    /// <see langword="null"/>.</param>
    /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">The tensors do not fit each other or the modifier, have strides that kernels cannot use, are of
    /// another device, or overlap what is written.</exception>
    /// <exception cref="DeviceFailedException">The driver refuses the launch.</exception>
    /// <exception cref="ObjectDisposedException">The device, the stream, a tensor, or a view of the mask or the modifier is
    /// disposed.</exception>
    /// <example>
    /// <code>
    /// using Tensor&lt;double> query = device.Allocate&lt;double>([1, 16, 8, 64]), output = device.Allocate&lt;double>(query.Shape);
    /// using Tensor&lt;double> key = device.Allocate&lt;double>([1, 100, 2, 64]), value = device.Allocate&lt;double>(key.Shape);
    /// ReferenceAttentionPlan reference = device.PlanReferenceAttention(new CausalMask());
    /// reference.Run(query, key, value, output);
    /// </code>
    /// </example>
    public void Run(
        TensorView<double> query,
        TensorView<double> key,
        TensorView<double> value,
        TensorView<double> output,
        TensorView<double>? logSumExp = null,
        AcceleratorStream? stream = null)
    {
        _device.ThrowIfDisposed();
        AttentionProblem problem = AttentionProblem.Of(query.Shape, key.Shape, (typeof(double), typeof(double), typeof(double)));
        TensorChecks.Extents(value.Shape, 4, nameof(value), "[batch, keys, kv heads, headDim]");
        if (value.Shape[3] is < 1 or > AttentionProblem.MaximumHeadDimension)
        {
            throw new ArgumentException(
                $"The value's head dimension is {value.Shape[3]}; it must be from 1 to {AttentionProblem.MaximumHeadDimension}.",
                nameof(value));
        }

        problem = problem with { ValueDimension = (int)value.Shape[3] };
        problem.Validate(nameof(query), nameof(key));
        TensorShape states = [query.Shape[0], query.Shape[2], query.Shape[1]];
        var inputs = new QueryTensors<double>(query, output, LogSumExp: null);
        inputs.Check(_device, query.Shape, problem.ValueDimension, states);
        inputs.CheckKeys(_device, key, value, key.Shape, problem.ValueDimension);
        if (logSumExp is { } written)
        {
            written.CheckOutput(_device, states, StatesName);
            written.CheckDense(StatesName);
            written.CheckDisjoint(StatesName, query.Footprint, nameof(query));
            written.CheckDisjoint(StatesName, key.Footprint, nameof(key));
            written.CheckDisjoint(StatesName, value.Footprint, nameof(value));
            written.CheckDisjoint(StatesName, output.Footprint, nameof(output));
        }

        CheckVariants(problem.Heads);
        AcceleratorStream target = DeviceChecks.Stream(_device, stream);
        var tensors = new ReferenceTensors
        {
            Query = query.Data,
            QueryStrides = RowStrides.Of(query.Strides),
            Key = key.Data,
            KeyStrides = RowStrides.Of(key.Strides),
            Value = value.Data,
            ValueStrides = RowStrides.Of(value.Strides),
            Output = output.Data,
            OutputStrides = RowStrides.Of(output.Strides),
            LogSumExp = logSumExp?.Data ?? output.Data.SubView(0, 0),
            Rows = new RowRuns
            {
                Batch = problem.Batch,
                Heads = problem.Heads,
                Queries = problem.MaximumQueries,
                Dimension = problem.ValueDimension,
                Length = problem.ValueDimension,
            },
            Keys = problem.MaximumKeys,
            HeadDimension = problem.HeadDimension,
            HeadGroup = problem.Heads / problem.KeyValueHeads,
        };
        Launch(tensors, target);
    }

    /// <summary>Checks that kernels can read what views of the mask and the modifier show, and that the modifier is of so many query
    /// heads.</summary>
    private protected abstract void CheckVariants(int heads);

    /// <summary>Queues the kernel.</summary>
    private protected abstract void Launch(in ReferenceTensors tensors, AcceleratorStream stream);
}
