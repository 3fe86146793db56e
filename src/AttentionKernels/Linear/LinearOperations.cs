using AttentionKernels.Linear;
using AttentionKernels.Linear.Kernels;
using ILGPU.Runtime;

namespace AttentionKernels;

/// <summary>The linear layer on a device.</summary>
public static class LinearOperations
{
    /// <summary>y = x·Wᵀ: y[token][row] = Σ over the columns of W[row][column]·x[token][column]. Queues the computation.</summary>
    /// <remarks>
    /// A token gets the same bits alone and among any others: on one device and schedule, the order of the additions depends on the number
    /// of columns only. No managed memory is allocated after the first call.
    /// </remarks>
    /// <param name="device">The device.</param>
    /// <param name="input">x, dense [tokens, columns]; no tokens are legal. Other dense shapes:
    /// <see cref="TensorView{T}.Reshape"/>.</param>
    /// <param name="weight">W, dense [rows, columns].</param>
    /// <param name="output">y, dense [tokens, rows]; overlaps neither input nor weight.</param>
    /// <param name="schedule">Forces a schedule; chosen by device where <see langword="null"/>.</param>
    /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A tensor has a wrong shape, is not dense, is of another device or overlaps the
    /// output.</exception>
    /// <exception cref="NotSupportedException">A forced schedule cannot run on the device.</exception>
    /// <exception cref="ObjectDisposedException">The device, the stream or a tensor is disposed.</exception>
    public static void Linear(
        this AttentionDevice device, TensorView<float> input, TensorView<float> weight, TensorView<float> output,
        KernelSchedule? schedule = null, AcceleratorStream? stream = null) =>
        device.Linear(input, weight, bias: null, output, schedule, stream);

    /// <summary>y = x·Wᵀ + b: y[token][row] = Σ over the columns of W[row][column]·x[token][column], plus b[row]. Queues the
    /// computation.</summary>
    /// <remarks>As without a bias, which is added last, to what is still in registers or in the cache.</remarks>
    /// <param name="device">The device.</param>
    /// <param name="input">x, dense [tokens, columns]; no tokens are legal. Other dense shapes:
    /// <see cref="TensorView{T}.Reshape"/>.</param>
    /// <param name="weight">W, dense [rows, columns].</param>
    /// <param name="bias">b [rows]; 0 where <see langword="null"/>.</param>
    /// <param name="output">y, dense [tokens, rows]; overlaps no input.</param>
    /// <param name="schedule">Forces a schedule; chosen by device where <see langword="null"/>.</param>
    /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A tensor has a wrong shape, is not dense, is of another device or overlaps the
    /// output.</exception>
    /// <exception cref="NotSupportedException">A forced schedule cannot run on the device.</exception>
    /// <exception cref="ObjectDisposedException">The device, the stream or a tensor is disposed.</exception>
    /// <example>
    /// <code>
    /// using Tensor&lt;float> hidden = device.Allocate&lt;float>([16, 768]);
    /// using Tensor&lt;float> weight = device.Allocate&lt;float>([3072, 768]), bias = device.Allocate&lt;float>([3072]);
    /// using Tensor&lt;float> projected = device.Allocate&lt;float>([16, 3072]);
    /// device.Linear(hidden, weight, bias, projected);
    /// </code>
    /// </example>
    public static void Linear(
        this AttentionDevice device, TensorView<float> input, TensorView<float> weight, TensorView<float>? bias, TensorView<float> output,
        KernelSchedule? schedule = null, AcceleratorStream? stream = null) =>
        device.Linear(input, weight, bias, output, NumberFormat.Float32, schedule, stream);

    /// <typeparam name="T">The type of the weight's elements.</typeparam>
    /// <param name="device">The device.</param>
    extension<T>(AttentionDevice device)
        where T : unmanaged
    {
        /// <summary>As the other overload, of weights of fp32, fp16 or bf16. Weights of 16 bits are half as many bytes to read, which bound
        /// the time of few tokens. Queues the computation.</summary>
        /// <remarks>Products and sums are those of fp32, of the weights as they are stored.</remarks>
        /// <param name="input">x, dense [tokens, columns]; no tokens are legal.</param>
        /// <param name="weight">W, dense [rows, columns].</param>
        /// <param name="bias">b [rows], fp32; 0 where <see langword="null"/>.</param>
        /// <param name="output">y, dense [tokens, rows]; overlaps no input.</param>
        /// <param name="weightFormat">How the weight is stored.</param>
        /// <param name="schedule">Forces a schedule; chosen by device where <see langword="null"/>.</param>
        /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
        /// <exception cref="ArgumentException">A tensor has a wrong shape, is not dense, is of another device or overlaps the
        /// output.</exception>
        /// <exception cref="NotSupportedException">A forced schedule cannot run on the device.</exception>
        /// <exception cref="ObjectDisposedException">The device, the stream or a tensor is disposed.</exception>
        /// <example>
        /// <code>
        /// using Tensor&lt;float> hidden = device.Allocate&lt;float>([16, 768]), projected = device.Allocate&lt;float>([16, 3072]);
        /// using Tensor&lt;BFloat16> weight = device.Allocate&lt;BFloat16>([3072, 768]);
        /// device.Linear(hidden, weight, bias: null, projected, NumberFormat.BFloat16);
        /// </code>
        /// </example>
        public void Linear(
            TensorView<float> input, TensorView<T> weight, TensorView<float>? bias, TensorView<float> output, NumberFormat<T> weightFormat,
            KernelSchedule? schedule = null, AcceleratorStream? stream = null)
        {
            var tensors = new LinearPlan<float, T>.Tensors(device, input, weight, bias, output);
            LinearSizes sizes = tensors.Check();
            ArgumentNullException.ThrowIfNull(weightFormat);
            LinearLayers.Of(NumberFormat.Float32, weightFormat).On(device, schedule).Run(tensors.Call(stream), sizes);
        }

        /// <summary>As the other overload, of input, weight and output of one format: those of a model in fp16 or bf16. Queues the
        /// computation.</summary>
        /// <remarks>Products and sums are those of fp32, of the numbers as they are stored; the sum, with the bias, is rounded
        /// once.</remarks>
        /// <param name="input">x, dense [tokens, columns]; no tokens are legal.</param>
        /// <param name="weight">W, dense [rows, columns].</param>
        /// <param name="bias">b [rows], fp32; 0 where <see langword="null"/>.</param>
        /// <param name="output">y, dense [tokens, rows]; overlaps no input.</param>
        /// <param name="format">How input, weight and output are stored.</param>
        /// <param name="schedule">Forces a schedule; chosen by device where <see langword="null"/>.</param>
        /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
        /// <exception cref="ArgumentException">A tensor has a wrong shape, is not dense, is of another device or overlaps the
        /// output.</exception>
        /// <exception cref="DeviceMemoryException">The device has not enough memory for the scratch memory of a processor.</exception>
        /// <exception cref="NotSupportedException">A forced schedule cannot run on the device.</exception>
        /// <exception cref="ObjectDisposedException">The device, the stream or a tensor is disposed.</exception>
        /// <example>
        /// <code>
        /// using Tensor&lt;BFloat16> hidden = device.Allocate&lt;BFloat16>([16, 768]);
        /// using Tensor&lt;BFloat16> projected = device.Allocate&lt;BFloat16>([16, 3072]);
        /// using Tensor&lt;BFloat16> weight = device.Allocate&lt;BFloat16>([3072, 768]);
        /// using Tensor&lt;float> bias = device.Allocate&lt;float>([3072]);
        /// device.Linear(hidden, weight, bias, projected, NumberFormat.BFloat16);      // all but the bias are of BFloat16
        /// </code>
        /// </example>
        public void Linear(
            TensorView<T> input, TensorView<T> weight, TensorView<float>? bias, TensorView<T> output, NumberFormat<T> format,
            KernelSchedule? schedule = null, AcceleratorStream? stream = null)
        {
            var tensors = new LinearPlan<T, T>.Tensors(device, input, weight, bias, output);
            LinearSizes sizes = tensors.Check();
            ArgumentNullException.ThrowIfNull(format);
            LinearLayers.Of(format, format).On(device, schedule).Run(tensors.Call(stream), sizes);
        }

        /// <summary>Makes a linear layer ready whose input, weight and output have one format.</summary>
        /// <param name="tokens">The most tokens of a run.</param>
        /// <param name="rows">Rows of the weight.</param>
        /// <param name="columns">Columns of the weight.</param>
        /// <param name="format">How input, weight and output are stored.</param>
        /// <param name="schedule">Forces a schedule; chosen by device where <see langword="null"/>.</param>
        /// <returns>The plan.</returns>
        /// <exception cref="ArgumentException">A number is out of range.</exception>
        /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
        /// <exception cref="NotSupportedException">A forced schedule cannot run on the device.</exception>
        /// <exception cref="ObjectDisposedException">The device is disposed.</exception>
        /// <example>
        /// <code>
        /// using Tensor&lt;Half> hidden = device.Allocate&lt;Half>([16, 768]), projected = device.Allocate&lt;Half>([16, 3072]);
        /// using Tensor&lt;Half> weight = device.Allocate&lt;Half>([3072, 768]);
        /// LinearPlan&lt;Half, Half> plan = device.PlanLinear(tokens: 512, rows: 3072, columns: 768, NumberFormat.Float16);
        /// plan.Run(hidden, weight, bias: null, projected);                            // up to 512 tokens
        /// </code>
        /// </example>
        public LinearPlan<T, T> PlanLinear(
            int tokens, int rows, int columns, NumberFormat<T> format, KernelSchedule? schedule = null) =>
            new(device, device.Kernels(format, format, schedule), LinearSizes.Most(tokens, rows, columns));

        /// <summary>The same of input and output in fp32, with a weight of any format.</summary>
        /// <param name="tokens">The most tokens of a run.</param>
        /// <param name="rows">Rows of the weight.</param>
        /// <param name="columns">Columns of the weight.</param>
        /// <param name="format">How input and output are stored: <see cref="NumberFormat.Float32"/>.</param>
        /// <param name="weightFormat">How the weight is stored.</param>
        /// <param name="schedule">Forces a schedule; chosen by device where <see langword="null"/>.</param>
        /// <inheritdoc cref="PlanLinear{T}(AttentionDevice, int, int, int, NumberFormat{T}, KernelSchedule?)" path="/returns|/exception"/>
        /// <example>
        /// <code>
        /// using Tensor&lt;float> hidden = device.Allocate&lt;float>([16, 768]), projected = device.Allocate&lt;float>([16, 3072]);
        /// using Tensor&lt;Half> weight = device.Allocate&lt;Half>([3072, 768]);
        /// LinearPlan&lt;float, Half> plan = device.PlanLinear(512, 3072, 768, NumberFormat.Float32, NumberFormat.Float16);
        /// plan.Run(hidden, weight, bias: null, projected);
        /// </code>
        /// </example>
        public LinearPlan<float, T> PlanLinear(
            int tokens, int rows, int columns, NumberFormat<float> format, NumberFormat<T> weightFormat, KernelSchedule? schedule = null) =>
            new(device, device.Kernels(format, weightFormat, schedule), LinearSizes.Most(tokens, rows, columns));
    }

    private static LinearKernels Kernels(
        this AttentionDevice device, NumberFormat format, NumberFormat weightFormat, KernelSchedule? schedule)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(format);
        ArgumentNullException.ThrowIfNull(weightFormat);
        device.ThrowIfDisposed();
        return LinearLayers.Of(format, weightFormat).On(device, schedule);
    }
}
