using AttentionKernels.Attention;
using AttentionKernels.Attention.Kernels;
using AttentionKernels.Attention.Layouts;
using AttentionKernels.Attention.Work;
using AttentionKernels.Devices;
using AttentionKernels.Launching;
using ILGPU;
using ILGPU.Runtime;

namespace AttentionKernels;

/// <summary>
/// Attention to keys and values, and of queries, that are stored in 8 bits with scales, made ready for one set of shapes. Made by
/// <see cref="AttentionOperations.PlanQuantizedAttention{T, TMask, TModifier}"/>; the caller disposes it.
/// </summary>
/// <remarks>
/// <para>O = softmax(Q·Kᵀ·scale)·V, as <see cref="AttentionPlan{T}"/>, where each number is what is stored times its scale
/// (<see cref="QuantizedTensor"/>). Keys and values are read in 8 bits, a fourth or half of what others are, and their scales multiply
/// scores and weights: nothing is rounded on the way. Quantised queries are widened first, which is exact and little beside all keys.
/// Shah et al., "FlashAttention-3", 2024, has such tensors, with a scale for each head of a sequence.</para>
/// <para>A plan has one workspace, and so one run at a time: a run on another stream waits for the last one, and one of another thread at
/// the same time is refused.</para>
/// </remarks>
/// <typeparam name="T">The element type of output, and of queries that are not quantised; one of <see cref="NumberFormat"/>.</typeparam>
public sealed class QuantizedAttentionPlan<T> : PreparedAttention
    where T : unmanaged
{
    private readonly UniformRuns _runs;
    private readonly NumberFormat _format;
    private readonly QuantizedFormats _formats;

    // Of queries [batch, heads, queries], and behind them a 1, for tensors without scales.
    private readonly Tensor<float> _scales;
    private readonly QueryWidening? _widening;
    private readonly Tensor<T>? _queries;

    internal QuantizedAttentionPlan(UniformRuns runs, NumberFormat<T> format, QuantizedFormats formats, Tensor<float> scales)
        : base(runs.Kernels)
    {
        (_runs, _format, _formats, _scales) = (runs, format, formats, scales);
        if (formats.Query is not { } query)
            return;
        _widening = QueryWidening.Load(Device, format, query);
        _queries = Device.Allocate<T>(runs.PlannedQueries);
    }

    private AttentionProblem Problem => _runs.Kernels.Problem;

    private ArrayView<float> One => _scales.View.Data.SubView(_scales.Shape.ElementCount - 1, 1);

    /// <summary>Queues the computation; the call returns before it is done, except on the managed CPU.</summary>
    /// <param name="query">The query [batch, queries, heads, headDim]; at most as many queries as planned. Where it is no
    /// <see cref="QuantizedTensor"/>, the plan was made without a format of queries.</param>
    /// <param name="key">The key [batch, keys, kv heads, headDim]; at most as many keys as planned.</param>
    /// <param name="value">The value, like the key; of another head dimension where the options say so.</param>
    /// <param name="output">The output, like the query, of the value's head dimension; overlaps no input.</param>
    /// <param name="logSumExp">The dense log-sum-exp [batch, heads, queries], natural logarithm; not computed where
    /// <see langword="null"/>.</param>
    /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A tensor has another shape or format than planned, strides that kernels cannot use, is of
    /// another device, or overlaps what is written.</exception>
    /// <exception cref="DeviceFailedException">The driver refuses a launch.</exception>
    /// <exception cref="InvalidOperationException">Another thread runs the plan at this moment.</exception>
    /// <exception cref="ObjectDisposedException">The plan, its device, a tensor, or a view of the mask or the modifier is
    /// disposed.</exception>
    public void Run(
        TensorView<T> query,
        QuantizedTensor key,
        QuantizedTensor value,
        TensorView<T> output,
        TensorView<float>? logSumExp = null,
        AcceleratorStream? stream = null)
    {
        using RunGuard.Scope run = _runs.Kernels.Enter();
        if (_formats.Query is { } stored)
            throw new ArgumentException($"The query is of {_format}; the plan was made for {stored}.", nameof(query));
        TensorShape shape = _runs.Queries(query.Shape, nameof(query));
        var tensors = new QueryTensors<T>(query, output, logSumExp);
        TensorShape keyShape = Check(tensors, shape, key, value);
        Launch(DeviceChecks.Stream(Device, stream), tensors, tensors.Call(key.Memory(One), value.Memory(One)), shape, keyShape);
    }

    /// <summary>As the other overload, of queries that are quantised, too; the plan was made with their format.</summary>
    /// <param name="storedQuery">The query, at most as many queries as planned.</param>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <param name="output">The output.</param>
    /// <param name="logSumExp">The log-sum-exp.</param>
    /// <param name="stream">The stream.</param>
    /// <inheritdoc cref="Run(TensorView{T}, QuantizedTensor, QuantizedTensor, TensorView{T}, TensorView{float}?, AcceleratorStream?)"/>
    /// <example>
    /// <code>
    /// using Tensor&lt;byte> query = device.Allocate&lt;byte>([1, 16, 8, 64]), key = device.Allocate&lt;byte>([1, 100, 2, 64]);
    /// using Tensor&lt;byte> value = device.Allocate&lt;byte>(key.Shape);
    /// using Tensor&lt;Half> output = device.Allocate&lt;Half>(query.Shape);
    /// using Tensor&lt;float> scales = device.Upload([0.03f], [1, 1, 1]);
    /// var formats = new QuantizedFormats(NumberFormat.Float8E4M3, NumberFormat.Float8E4M3, Query: NumberFormat.Float8E4M3);
    /// using var plan = device.PlanQuantizedAttention(query.Shape, key.Shape, new CausalMask(), NumberFormat.Float16, formats);
    /// plan.Run(new QuantizedTensor(query, scales), new QuantizedTensor(key, scales), new QuantizedTensor(value, scales), output);
    /// </code>
    /// </example>
    public void Run(
        QuantizedTensor storedQuery,
        QuantizedTensor key,
        QuantizedTensor value,
        TensorView<T> output,
        TensorView<float>? logSumExp = null,
        AcceleratorStream? stream = null)
    {
        using RunGuard.Scope run = _runs.Kernels.Enter();
        if (_formats.Query is not { } format)
            throw new ArgumentException($"The query is quantised; the plan was made for one of {_format}.", nameof(storedQuery));
        TensorShape shape = _runs.Queries(storedQuery.Shape, nameof(storedQuery));
        storedQuery.Check(Device, format, shape, nameof(storedQuery));
        TensorView<T> widened = _queries!.View.Slice(1, 0, shape[1]);
        var tensors = new QueryTensors<T>(widened, output, logSumExp);
        TensorShape keyShape = Check(tensors, shape, key, value);
        CheckUnwritten(tensors, storedQuery, nameof(storedQuery));
        AcceleratorStream target = DeviceChecks.Stream(Device, stream);
        Widen(target, storedQuery, widened, shape);
        Launch(target, tensors, tensors.Call(key.Memory(One), value.Memory(One)), shape, keyShape);
    }

    /// <summary>Scales of the queries of a plan, and a 1.</summary>
    /// <exception cref="DeviceMemoryException">The device has no memory for them.</exception>
    internal static Tensor<float> AllocateScales(AttentionDevice device, AttentionProblem problem)
    {
        long rows = problem.StoredQuery is null ? 0 : ScaleShape(problem).ElementCount;
        Tensor<float> scales = device.Allocate<float>([rows + 1]);
        scales.View.Slice(0, rows, 1).CopyFrom([1f]);
        return scales;
    }

    /// <summary>The scales of the queries of a plan [batch, heads, queries, 1]; there is one even where a plan is for no queries.</summary>
    internal static TensorView<float> QueryScales(TensorView<float> scales, AttentionProblem problem) =>
        new(scales.Data, ScaleShape(problem));

    /// <inheritdoc/>
    private protected override long OwnedBytes =>
        (sizeof(float) * _scales.Shape.ElementCount) + (Interop.SizeOf<T>() * (_queries?.Shape.ElementCount ?? 0));

    /// <inheritdoc/>
    private protected override void DisposeOwned()
    {
        _scales.Dispose();
        _queries?.Dispose();
    }

    private static TensorShape ScaleShape(AttentionProblem problem) =>
        [Math.Max(1, problem.Batch), problem.Heads, Math.Max(1, problem.MaximumQueries), 1];

    // The shape of the key.
    private TensorShape Check(in QueryTensors<T> tensors, TensorShape query, QuantizedTensor key, QuantizedTensor value)
    {
        TensorShape keyShape = _runs.Keys(key.Shape, nameof(key));
        tensors.Check(Device, query, Problem.ValueDimension, [query[0], query[2], query[1]]);
        key.Check(Device, _formats.Key, keyShape, nameof(key));
        value.Check(Device, _formats.Value, keyShape.With(3, Problem.ValueDimension), nameof(value));
        CheckUnwritten(tensors, key, nameof(key));
        CheckUnwritten(tensors, value, nameof(value));
        return keyShape;
    }

    private static void CheckUnwritten(in QueryTensors<T> tensors, QuantizedTensor input, string name)
    {
        tensors.CheckDisjoint(input.Numbers.Footprint, name);
        if (input.Scales is { } scales)
            tensors.CheckDisjoint(scales.Footprint, name);
    }

    private void Widen(AcceleratorStream stream, QuantizedTensor query, TensorView<T> widened, TensorShape shape)
    {
        TensorView<byte> numbers = query.Numbers;
        var stored = new QueryRows(numbers.Data, RowStrides.Of(numbers.Strides), query.Scales?.Data ?? One, query.ScaleRows);
        var scaleStrides = new RowStrides
        {
            Batch = (long)Problem.Heads * Problem.MaximumQueries,
            Head = Problem.MaximumQueries,
            Token = 1,
        };
        var target = new QueryRows(widened.Data.Cast<byte>(), RowStrides.Of(widened.Strides), _scales.View.Data, scaleStrides);
        _widening!.Run(stream, stored, target, new RowRuns
        {
            Batch = (int)shape[0],
            Queries = (int)shape[1],
            Heads = (int)shape[2],
            Dimension = (int)shape[3],
            Length = RowRuns.LengthOn(Device, (int)shape[3]),
        });
    }

    private void Launch(
        AcceleratorStream stream, in QueryTensors<T> tensors, in AttentionCall call, TensorShape query, TensorShape key) => _runs.Launch(
        stream, call, ContiguousLayout.Of(query, (int)key[1], tensors.Query.Strides, tensors.Output.Strides));
}
