using AttentionKernels.Devices;
using AttentionKernels.Linear;
using AttentionKernels.Linear.Kernels;
using ILGPU.Runtime;

namespace AttentionKernels;

/// <summary>
/// A linear layer made ready for one size on one device: y = x·Wᵀ + b, kernels compiled. Made by
/// <see cref="LinearOperations"/>.PlanLinear.
/// </summary>
/// <remarks>A plan needs no disposal, and several threads may run it at once. Scratch memory for activations of 16 bits on processors is
/// the device's, which keeps it: one for each run at the same moment, of which a plan allocates the first. A plan gives the bits of
/// <see cref="LinearOperations"/>.Linear. Kernels for input or weight that begins at no multiple of four numbers are compiled by the first
/// run of such.</remarks>
/// <typeparam name="TActivation">The type of input and output.</typeparam>
/// <typeparam name="TWeight">The type of the weight.</typeparam>
public sealed partial class LinearPlan<TActivation, TWeight>
    where TActivation : unmanaged
    where TWeight : unmanaged
{
    private readonly LinearKernels _kernels;
    private readonly LinearSizes _most;

    internal LinearPlan(AttentionDevice device, LinearKernels kernels, LinearSizes most)
    {
        (Device, _kernels, _most) = (device, kernels, most);
        kernels.Prepare(most);
    }

    /// <summary>The device of the plan.</summary>
    public AttentionDevice Device { get; }

    /// <summary>The schedule that was chosen.</summary>
    public KernelSchedule Schedule => _kernels.Schedule;

    /// <summary>What was chosen, and why; lines for people to read.</summary>
    /// <returns>The text.</returns>
    public string Explain() => string.Join(
        Environment.NewLine + "  ",
        [
            $"Linear layer, {Schedule} schedule, on {DeviceChecks.Own(Device)}",
            $"up to {_most.Tokens} tokens of {_most.Columns} columns, to {_most.Rows} rows",
            .. _kernels.Explain(_most),
        ]);

    /// <summary>y = x·Wᵀ + b. Queues the computation; the call returns before it is done, except on the managed CPU.</summary>
    /// <param name="input">x, dense [tokens, columns], of at most as many tokens as planned.</param>
    /// <param name="weight">W, dense [rows, columns].</param>
    /// <param name="bias">b [rows], fp32; 0 where <see langword="null"/>.</param>
    /// <param name="output">y, dense [tokens, rows]; overlaps no input.</param>
    /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A tensor has another shape than planned, is not dense, is of another device or overlaps the
    /// output.</exception>
    /// <exception cref="DeviceFailedException">The driver refuses a launch.</exception>
    /// <exception cref="DeviceMemoryException">The device has not enough scratch memory for another run at the same moment.</exception>
    /// <exception cref="ObjectDisposedException">The device, the stream or a tensor is disposed.</exception>
    /// <example>
    /// <code>
    /// using Tensor&lt;Half> hidden = device.Allocate&lt;Half>([16, 768]), projected = device.Allocate&lt;Half>([16, 3072]);
    /// using Tensor&lt;Half> weight = device.Allocate&lt;Half>([3072, 768]);
    /// using Tensor&lt;float> bias = device.Allocate&lt;float>([3072]);
    /// LinearPlan&lt;Half, Half> plan = device.PlanLinear(tokens: 512, rows: 3072, columns: 768, NumberFormat.Float16);
    /// plan.Run(hidden, weight, bias, projected);
    /// </code>
    /// </example>
    public void Run(
        TensorView<TActivation> input, TensorView<TWeight> weight, TensorView<float>? bias, TensorView<TActivation> output,
        AcceleratorStream? stream = null)
    {
        if (input.Shape.Rank != 2 || input.Shape[1] != _most.Columns || input.Shape[0] > _most.Tokens)
        {
            throw new ArgumentException(
                $"The shape of 'input' is {input.Shape}; the plan was made for [tokens, {_most.Columns}], with at most {_most.Tokens} " +
                "tokens.", nameof(input));
        }

        if (weight.Shape.Rank != 2 || weight.Shape[0] != _most.Rows || weight.Shape[1] != _most.Columns)
        {
            throw new ArgumentException(
                $"The shape of 'weight' is {weight.Shape}; the plan was made for [{_most.Rows}, {_most.Columns}].", nameof(weight));
        }

        var tensors = new Tensors(Device, input, weight, bias, output);
        LinearSizes sizes = tensors.Check();
        _kernels.Run(tensors.Call(stream), sizes);
    }
}
