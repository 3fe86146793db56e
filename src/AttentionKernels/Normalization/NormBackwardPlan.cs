using System.Runtime.CompilerServices;
using AttentionKernels.Launching;
using AttentionKernels.MicroKernels;
using AttentionKernels.Normalization;
using AttentionKernels.Normalization.Kernels;
using AttentionKernels.Streams;
using ILGPU.Runtime;

namespace AttentionKernels;

/// <summary>
/// The gradients of layer, RMS or group norm made ready for one size on one device: workspace allocated. Made by
/// <see cref="NormPlanOperations"/>.PlanLayerNormBackward, PlanRmsNormBackward and PlanGroupNormBackward; the caller disposes it.
/// </summary>
/// <remarks>
/// <para>With dy the gradient of the norm's output, x̂ the normalised input and g = dy·w: dx = (g − mean(g) − x̂·mean(g·x̂)) / √(var + ε)
/// or, for RMS norm, the same without mean(g); dw = Σ dy·x̂ and db = Σ dy for each feature or channel, in a fixed order and with
/// compensation. Moments are computed anew, so that no forward pass need keep them. Ba, Kiros and Hinton, "Layer normalization", 2016; Wu
/// and He, "Group normalization", 2018.</para>
/// <para>A plan has one workspace, and so one run at a time: a run on another stream waits for the last one, and one of another thread at
/// the same time is refused. Kernels for a norm without a weight, or for rows that begin at no multiples of four elements, are compiled by
/// the first run of such. Sums of g, and of g·x̂, must be finite in fp32.</para>
/// </remarks>
/// <typeparam name="T">The element type of the input and of gradients but those of weights and biases, which are fp32.</typeparam>
public sealed partial class NormBackwardPlan<T> : IDisposable
    where T : unmanaged
{
    private readonly RunGuard _guard = new("plan");
    private readonly NumberFormat<T> _format;
    private readonly NormOptions _options;
    private readonly NormSize _size;
    private readonly Tensor<float> _sums;
    private readonly Tensor<Standardization> _standardizations;

    internal NormBackwardPlan(AttentionDevice device, NormSize size, NumberFormat<T> format, NormOptions options)
    {
        Schedule = size.Schedule(device, format, options);
        Device = device;
        (_size, _format, _options) = (size, format, options);
        Norms.Of(format, Kind(hasWeight: true)).LoadBackward(device, Schedule, size.IsByGroup, size.Features % 4 == 0);
        _sums = device.Allocate<float>([
            size.IsByGroup ? FeatureSums.LengthOfSamples(size.Count, size.Features) : FeatureSums.Length(size.Count, size.Features)]);
        try
        {
            _standardizations = device.Allocate<Standardization>([Schedule == KernelSchedule.Simt && !size.IsByGroup ? size.Count : 0]);
        }
        catch
        {
            _sums.Dispose();
            throw;
        }
    }

    /// <summary>The device of the plan.</summary>
    public AttentionDevice Device { get; }

    /// <summary>The schedule that was chosen.</summary>
    public KernelSchedule Schedule { get; }

    /// <summary>Device memory that the plan holds, in bytes.</summary>
    public long WorkspaceBytes =>
        (sizeof(float) * _sums.Shape.ElementCount) + (Unsafe.SizeOf<Standardization>() * _standardizations.Shape.ElementCount);

    /// <summary>Whether the plan was disposed.</summary>
    public bool IsDisposed => _guard.IsClosed;

    /// <summary>Queues the computation; the call returns before it is done, except on the managed CPU.</summary>
    /// <param name="input">What the norm was of. Of layer and RMS norm […, hidden], with rows at equal distances, or at two, and at most as
    /// many rows as planned; of group norm dense [batch, channels, …], with at most the planned batch.</param>
    /// <param name="weight">w [hidden] or [channels], fp32; 1 where <see langword="null"/>. RMS norm has one.</param>
    /// <param name="outputGradient">dy, like the input.</param>
    /// <param name="inputGradient">dx, like the input; overlaps no other tensor.</param>
    /// <param name="features">dw and db, like the weight.</param>
    /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A tensor has another shape than planned, strides that kernels cannot use, is of another device,
    /// or overlaps what is written; or a gradient is asked for of what the norm has not.</exception>
    /// <exception cref="DeviceFailedException">The driver refuses a launch.</exception>
    /// <exception cref="InvalidOperationException">Another thread runs the plan at this moment.</exception>
    /// <exception cref="ObjectDisposedException">The plan, its device or a tensor is disposed.</exception>
    /// <example>
    /// <code>
    /// using Tensor&lt;float> input = device.Allocate&lt;float>([16, 64]), outputGradient = device.Allocate&lt;float>(input.Shape);
    /// using Tensor&lt;float> inputGradient = device.Allocate&lt;float>(input.Shape);
    /// using Tensor&lt;float> weight = device.Allocate&lt;float>([64]), weightGradient = device.Allocate&lt;float>(weight.Shape);
    /// using Tensor&lt;float> biasGradient = device.Allocate&lt;float>(weight.Shape);
    /// using NormBackwardPlan&lt;float> plan = device.PlanLayerNormBackward(rows: 16, hidden: 64, NumberFormat.Float32);
    /// plan.Run(input, weight, outputGradient, inputGradient, new FeatureGradients(weightGradient, biasGradient));
    /// </code>
    /// </example>
    public void Run(
        TensorView<T> input,
        TensorView<float>? weight,
        TensorView<T> outputGradient,
        TensorView<T> inputGradient,
        FeatureGradients features = default,
        AcceleratorStream? stream = null)
    {
        Device.ThrowIfDisposed();
        using RunGuard.Scope run = _guard.Enter();
        if (_size.IsRms && weight is null)
            throw new ArgumentNullException(nameof(weight), "RMS norm has a weight.");
        if (_size.IsRms && features.Bias is not null)
            throw new ArgumentException("The gradient of a bias was asked for; RMS norm has none.", nameof(features));
        _size.Check(input.Shape);
        var gradients = new Gradients(Device, input, outputGradient, inputGradient, features);
        if (_size.IsByGroup)
        {
            NormChannels task = gradients.CheckChannels((weight, nameof(weight)), _format, _options);
            task.Groups = _size.Groups;
            Norms.Of(_format, Kind(weight is not null)).GroupsBackward(
                gradients.Call(stream), Schedule, task, FeatureSums.OfSamples(_sums.View.Data, task.Batch, task.Channels));
            return;
        }

        NormRows rows = gradients.CheckRows(weight, _size.Features, _options);
        Norms.Of(_format, Kind(weight is not null)).RowsBackward(
            gradients.Call(stream), Schedule, rows, FeatureSums.Of(_sums.View.Data, rows.Count, _size.Features),
            _standardizations.View.Data);
    }

    /// <summary>Waits for a run of another thread, and for what is under way, and frees the workspace.</summary>
    /// <exception cref="InvalidOperationException">The caller is a tile of a running kernel.</exception>
    public void Dispose()
    {
        TileScheduler.ThrowIfInsideTile();
        if (!_guard.Close())
            return;
        _sums.Dispose();
        _standardizations.Dispose();
    }

    // A gradient looks at no bias; of layer norm with a weight there is one kernel, with or without.
    private NormKind Kind(bool hasWeight) => _size.Kind(hasWeight, hasBias: hasWeight && _size is { IsByGroup: false }, _options);
}
