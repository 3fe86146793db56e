using AttentionKernels.Devices;
using AttentionKernels.Formats;
using AttentionKernels.Linear;
using AttentionKernels.Linear.Kernels;
using AttentionKernels.Tensors;
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
        /// <summary>As the other overload, of weights of fp32, fp16 or bf16: half as many bytes to read in 16 bits, which few tokens wait
        /// for.
        /// Queues the computation.</summary>
        /// <remarks>Products and sums are those of fp32, of the weights as they are stored.</remarks>
        /// <param name="input">x, dense [tokens, columns]; no tokens are legal.</param>
        /// <param name="weight">W, dense [rows, columns].</param>
        /// <param name="bias">b [rows], fp32; 0 where <see langword="null"/>.</param>
        /// <param name="output">y, dense [tokens, rows]; overlaps no input.</param>
        /// <param name="format">How the weight is stored.</param>
        /// <param name="schedule">Forces a schedule; chosen by device where <see langword="null"/>.</param>
        /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
        /// <exception cref="ArgumentException">A tensor has a wrong shape, is not dense, is of another device or overlaps the
        /// output.</exception>
        /// <exception cref="NotSupportedException">A forced schedule cannot run on the device.</exception>
        /// <exception cref="ObjectDisposedException">The device, the stream or a tensor is disposed.</exception>
        /// <example>
        /// <code>
        /// device.Linear(hidden, weight, bias: null, projected, NumberFormat.BFloat16);
        /// </code>
        /// </example>
        public void Linear(
            TensorView<float> input, TensorView<T> weight, TensorView<float>? bias, TensorView<float> output, NumberFormat<T> format,
            KernelSchedule? schedule = null, AcceleratorStream? stream = null)
        {
            LinearSizes sizes = device.Check(input, weight, bias, output);
            ArgumentNullException.ThrowIfNull(format);
            var call = new LinearCall(
                device, DeviceChecks.Stream(device, stream), input.Data.Cast<StoredFp32>(), weight.Data.Cast<byte>(),

                // Drivers want real memory in the place of numbers that a kernel has none of.
                bias?.Data ?? output.Data.SubView(0, 0), output.Data);
            LinearLayers.Of(format).Run(call, schedule, sizes);
        }

        private LinearSizes Check(
            TensorView<float> input, TensorView<T> weight, TensorView<float>? bias, TensorView<float> output)
        {
            ArgumentNullException.ThrowIfNull(device);
            TensorChecks.Extents(input.Shape, 2, nameof(input), "[tokens, columns]");
            TensorChecks.Extents(weight.Shape, 2, nameof(weight), "[rows, columns]");
            if (weight.Shape.ElementCount == 0)
            {
                throw new ArgumentException(
                    $"The shape of 'weight' is {weight.Shape}; it must be [rows, columns], with at least 1 row and 1 column.",
                    nameof(weight));
            }

            weight.CheckInput(device, weight.Shape, nameof(weight));
            weight.CheckDense(nameof(weight));
            input.CheckInput(device, [input.Shape[0], weight.Shape[1]], nameof(input));
            input.CheckDense(nameof(input));
            output.CheckOutput(device, [input.Shape[0], weight.Shape[0]], nameof(output));
            output.CheckDense(nameof(output));
            output.CheckDisjoint(nameof(output), input.Footprint, nameof(input));
            output.CheckDisjoint(nameof(output), weight.Footprint, nameof(weight));
            if (bias is { } biases)
            {
                biases.CheckInput(device, [weight.Shape[0]], nameof(bias));
                output.CheckDisjoint(nameof(output), biases.Footprint, nameof(bias));
            }

            return new LinearSizes
            {
                Tokens = (int)input.Shape[0],
                Rows = (int)weight.Shape[0],
                Columns = (int)weight.Shape[1],
            };
        }
    }
}
