using AttentionKernels.Devices;
using AttentionKernels.Normalization;
using ILGPU.Runtime;

namespace AttentionKernels;

/// <summary>
/// Layer, RMS or group norm made ready for one size on one device: kernels compiled. Made by
/// <see cref="NormPlanOperations"/>.PlanLayerNorm, PlanRmsNorm and PlanGroupNorm.
/// </summary>
/// <remarks>A plan holds no memory and needs no disposal, and several threads may run it at once. It gives the bits of the operations.
/// Kernels for a norm without weight or bias, or for rows that begin at no multiples of four elements, are compiled by the first run of
/// such.</remarks>
/// <typeparam name="T">The element type of input and output.</typeparam>
public sealed class NormPlan<T>
    where T : unmanaged
{
    private readonly NumberFormat<T> _format;
    private readonly NormOptions _options;
    private readonly NormSize _size;

    internal NormPlan(AttentionDevice device, NormSize size, NumberFormat<T> format, NormOptions options)
    {
        Schedule = size.Schedule(device, format, options);
        (Device, _size, _format, _options) = (device, size, format, options with { Schedule = Schedule });
        Norms.Of(format, size.Kind(hasWeight: true, hasBias: !size.IsRms, options)).Load(device, Schedule, size);
    }

    /// <summary>The device of the plan.</summary>
    public AttentionDevice Device { get; }

    /// <summary>The schedule that was chosen.</summary>
    public KernelSchedule Schedule { get; }

    private string Name => _size.IsByGroup ? $"Group norm of {_size.Groups} groups" : _size.IsRms ? "RMS norm" : "Layer norm";

    /// <summary>What was chosen, and why; lines for people to read.</summary>
    /// <returns>The text.</returns>
    public string Explain() => string.Join(
        Environment.NewLine + "  ",
        [
            $"{Name}, {Schedule} schedule, on {DeviceChecks.Own(Device)}",
            _size.IsByGroup
                ? $"up to {_size.Count} samples of {_size.Features} channels, {_format}"
                : $"up to {_size.Count} rows of {_size.Features} elements, {_format}",
            (Schedule, _size.IsByGroup) switch
            {
                (KernelSchedule.Simt, true) => "a work group for each group of channels",
                (KernelSchedule.Simt, false) => _size.Features % 4 == 0
                    ? "a work group for each row; four elements at once, where rows begin at multiples of four"
                    : $"a work group for each row; element by element, {_size.Features} are no multiple of four",
                (_, true) => "a tile for each group of channels",
                _ => "a tile for each row",
            },
        ]);

    /// <summary>y = norm(x). Queues the computation; the call returns before it is done, except on the managed CPU.</summary>
    /// <param name="input">x. Of layer and RMS norm […, hidden], with rows at equal distances, or at two, and at most as many rows as
    /// planned; of group norm dense [batch, channels, …], with at most the planned batch.</param>
    /// <param name="weight">w [hidden] or [channels], fp32; 1 where <see langword="null"/>. RMS norm has one.</param>
    /// <param name="bias">b, like the weight; 0 where <see langword="null"/>. A bias needs a weight, and RMS norm has none.</param>
    /// <param name="output">y, like the input; may be the input itself.</param>
    /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A tensor has another shape than planned, strides that kernels cannot use, is of another device,
    /// or overlaps an output.</exception>
    /// <exception cref="DeviceFailedException">The driver refuses a launch.</exception>
    /// <exception cref="ObjectDisposedException">The device or a tensor is disposed.</exception>
    /// <example>
    /// <code>
    /// using Tensor&lt;BFloat16> hidden = device.Allocate&lt;BFloat16>([16, 64]);
    /// using Tensor&lt;BFloat16> normalized = device.Allocate&lt;BFloat16>(hidden.Shape);
    /// using Tensor&lt;float> weight = device.Allocate&lt;float>([64]);
    /// NormPlan&lt;BFloat16> plan = device.PlanRmsNorm(rows: 512, hidden: 64, NumberFormat.BFloat16);
    /// plan.Run(hidden, weight, bias: null, normalized);                           // up to 512 rows
    /// </code>
    /// </example>
    public void Run(
        TensorView<T> input, TensorView<float>? weight, TensorView<float>? bias, TensorView<T> output, AcceleratorStream? stream = null)
    {
        _size.Check(input.Shape);
        if (_size.IsByGroup)
            Device.GroupNorm(input, _size.Groups, weight, bias, output, _format, _options, stream);
        else if (_size.IsRms)
            Device.RmsNorm(input, WeightOfRms(weight, bias), output, _format, _options, stream);
        else
            Device.LayerNorm(input, weight, bias, output, _format, _options, stream);
    }

    /// <summary>r ← r + x, rounded as it is stored, and y = norm(r), in one pass over memory; of rows. Queues the computation.</summary>
    /// <param name="input">x, as <see cref="Run"/> has it.</param>
    /// <param name="residual">r, like the input, and apart from it.</param>
    /// <param name="weight">w [hidden], fp32; 1 where <see langword="null"/>. RMS norm has one.</param>
    /// <param name="bias">b, like the weight; 0 where <see langword="null"/>. A bias needs a weight, and RMS norm has none.</param>
    /// <param name="output">y, like the input; may be the input itself.</param>
    /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A tensor has another shape than planned, strides that kernels cannot use, is of another device,
    /// or overlaps what is written.</exception>
    /// <exception cref="DeviceFailedException">The driver refuses a launch.</exception>
    /// <exception cref="NotSupportedException">The plan is of group norm.</exception>
    /// <exception cref="ObjectDisposedException">The device or a tensor is disposed.</exception>
    /// <example>
    /// <code>
    /// using Tensor&lt;Half> attended = device.Allocate&lt;Half>([16, 64]), residual = device.Allocate&lt;Half>(attended.Shape);
    /// using Tensor&lt;Half> normalized = device.Allocate&lt;Half>(attended.Shape);
    /// using Tensor&lt;float> weight = device.Allocate&lt;float>([64]), bias = device.Allocate&lt;float>(weight.Shape);
    /// NormPlan&lt;Half> plan = device.PlanLayerNorm(rows: 512, hidden: 64, NumberFormat.Float16);
    /// plan.RunAdd(attended, residual, weight, bias, normalized);                  // residual += attended; normalized = its norm
    /// </code>
    /// </example>
    public void RunAdd(
        TensorView<T> input, TensorView<T> residual, TensorView<float>? weight, TensorView<float>? bias, TensorView<T> output,
        AcceleratorStream? stream = null)
    {
        if (_size.IsByGroup)
            throw new NotSupportedException("Group norm adds no residual; layer and RMS norm do.");
        _size.Check(input.Shape);
        if (_size.IsRms)
            Device.AddRmsNorm(input, residual, WeightOfRms(weight, bias), output, _format, _options, stream);
        else
            Device.AddLayerNorm(input, residual, weight, bias, output, _format, _options, stream);
    }

    private static TensorView<float> WeightOfRms(TensorView<float>? weight, TensorView<float>? bias)
    {
        if (bias is not null)
            throw new ArgumentException("A bias was given; RMS norm has none.", nameof(bias));
        return weight ?? throw new ArgumentNullException(nameof(weight), "RMS norm has a weight.");
    }
}
