using AttentionKernels.Devices;
using AttentionKernels.Normalization;
using AttentionKernels.Normalization.Kernels;
using AttentionKernels.Tensors;
using ILGPU.Runtime;

namespace AttentionKernels;

/// <summary>Layer norm, RMS norm and softmax on a device.</summary>
/// <remarks>Kernels compute in fp32, whatever the format of input and output, and round each result once. Weights and biases are
/// fp32.</remarks>
public static class NormalizationOperations
{
    /// <summary>y = x / √(mean(x²) + ε) · w over the last dimension. Queues the computation.</summary>
    /// <param name="device">The device.</param>
    /// <param name="input">[…, hidden], with rows at equal distances, or at two: heads in a part of a larger tensor.</param>
    /// <param name="weight">[hidden].</param>
    /// <param name="output">Like the input; may be the input itself.</param>
    /// <param name="epsilon">ε; positive and finite.</param>
    /// <param name="schedule">Forces a schedule; chosen by device where <see langword="null"/>.</param>
    /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A tensor has a wrong shape, strides that kernels cannot use, is of another device or overlaps an
    /// output; or ε is out of range.</exception>
    /// <exception cref="NotSupportedException">A forced schedule cannot run on the device.</exception>
    /// <exception cref="ObjectDisposedException">The device or a tensor is disposed.</exception>
    public static void RmsNorm(
        this AttentionDevice device, TensorView<float> input, TensorView<float> weight, TensorView<float> output,
        float epsilon = 1e-5f, KernelSchedule? schedule = null, AcceleratorStream? stream = null)
    {
        NormChecks.Epsilon(epsilon);
        device.RmsNorm(
            input, weight, output, NumberFormat.Float32, new NormOptions { Epsilon = epsilon, Schedule = schedule }, stream);
    }

    /// <summary>y = (x − mean(x)) / √(var(x) + ε) · w + b over the last dimension, with the biased variance. Queues the
    /// computation.</summary>
    /// <param name="device">The device.</param>
    /// <param name="input">[…, hidden], with rows at equal distances, or at two: heads in a part of a larger tensor.</param>
    /// <param name="weight">[hidden]; 1 where <see langword="null"/>.</param>
    /// <param name="bias">[hidden]; 0 where <see langword="null"/>. A bias needs a weight.</param>
    /// <param name="output">Like the input; may be the input itself.</param>
    /// <param name="epsilon">ε; positive and finite.</param>
    /// <param name="schedule">Forces a schedule; chosen by device where <see langword="null"/>.</param>
    /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A tensor has a wrong shape, strides that kernels cannot use, is of another device or overlaps an
    /// output; or ε is out of range.</exception>
    /// <exception cref="NotSupportedException">A forced schedule cannot run on the device.</exception>
    /// <exception cref="ObjectDisposedException">The device or a tensor is disposed.</exception>
    public static void LayerNorm(
        this AttentionDevice device, TensorView<float> input, TensorView<float>? weight, TensorView<float>? bias, TensorView<float> output,
        float epsilon = 1e-5f, KernelSchedule? schedule = null, AcceleratorStream? stream = null)
    {
        NormChecks.Epsilon(epsilon);
        device.LayerNorm(
            input, weight, bias, output, NumberFormat.Float32, new NormOptions { Epsilon = epsilon, Schedule = schedule }, stream);
    }

    /// <summary>As the other overload, of fp32.</summary>
    /// <inheritdoc cref="Softmax{T}(AttentionDevice, TensorView{T}, TensorView{T}, NumberFormat{T}, KernelSchedule?, AcceleratorStream?)"/>
    public static void Softmax(
        this AttentionDevice device, TensorView<float> input, TensorView<float> output, KernelSchedule? schedule = null,
        AcceleratorStream? stream = null) => device.Softmax(input, output, NumberFormat.Float32, schedule, stream);

    /// <typeparam name="T">The type of elements.</typeparam>
    /// <param name="device">The device.</param>
    extension<T>(AttentionDevice device)
        where T : unmanaged
    {
        /// <summary>As the other overload, of input and output of any format.</summary>
        /// <param name="input">[…, hidden], with rows at equal distances, or at two: heads in a part of a larger tensor.</param>
        /// <param name="weight">[hidden], fp32.</param>
        /// <param name="output">Like the input; may be the input itself.</param>
        /// <param name="format">How input and output are stored.</param>
        /// <param name="options">ε, and what weights count from; all defaults where <see langword="null"/>.</param>
        /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
        /// <exception cref="ArgumentException">A tensor has a wrong shape, strides that kernels cannot use, is of another device or
        /// overlaps an output; or an option is out of range.</exception>
        /// <exception cref="NotSupportedException">A forced schedule cannot run on the device.</exception>
        /// <exception cref="ObjectDisposedException">The device or a tensor is disposed.</exception>
        /// <example>
        /// <code>
        /// using Tensor&lt;BFloat16> input = device.Allocate&lt;BFloat16>([16, 64]), output = device.Allocate&lt;BFloat16>(input.Shape);
        /// using Tensor&lt;float> weight = device.Allocate&lt;float>([64]);
        /// device.RmsNorm(input, weight, output, NumberFormat.BFloat16, new NormOptions { Epsilon = 1e-6f, WeightsFromOne = true });
        /// </code>
        /// </example>
        public void RmsNorm(
            TensorView<T> input, TensorView<float> weight, TensorView<T> output, NumberFormat<T> format, NormOptions? options = null,
            AcceleratorStream? stream = null)
        {
            NormOptions chosen = options ?? new NormOptions();
            NormRows rows = device.CheckRows(input, output, format, chosen);
            NormCall call = device.Call(input, output, format, stream);
            NormChecks.Rms(call, rows, weight, output.Footprint, chosen);
        }

        /// <summary>r ← r + x, rounded as it is stored, and y = r / √(mean(r²) + ε) · w over the last dimension, in one pass over memory:
        /// the end of a layer and the norm of the next. Queues the computation.</summary>
        /// <param name="input">x […, hidden], with rows at equal distances, or at two: heads in a part of a larger tensor.</param>
        /// <param name="residual">r, like the input, and apart from it; views with gaps are taken at their word.</param>
        /// <param name="weight">[hidden], fp32.</param>
        /// <param name="output">y, like the input; may be the input itself.</param>
        /// <param name="format">How input, residual and output are stored.</param>
        /// <param name="options">ε, and what weights count from; all defaults where <see langword="null"/>.</param>
        /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
        /// <exception cref="ArgumentException">A tensor has a wrong shape, strides that kernels cannot use, is of another device or
        /// overlaps what is written; or an option is out of range.</exception>
        /// <exception cref="NotSupportedException">A forced schedule cannot run on the device.</exception>
        /// <exception cref="ObjectDisposedException">The device or a tensor is disposed.</exception>
        /// <example>
        /// <code>
        /// using Tensor&lt;Half> attended = device.Allocate&lt;Half>([16, 64]), residual = device.Allocate&lt;Half>(attended.Shape);
        /// using Tensor&lt;Half> normalized = device.Allocate&lt;Half>(attended.Shape);
        /// using Tensor&lt;float> weight = device.Allocate&lt;float>([64]);
        /// device.AddRmsNorm(attended, residual, weight, normalized, NumberFormat.Float16);
        /// </code>
        /// </example>
        public void AddRmsNorm(
            TensorView<T> input, TensorView<T> residual, TensorView<float> weight, TensorView<T> output, NumberFormat<T> format,
            NormOptions? options = null, AcceleratorStream? stream = null)
        {
            NormOptions chosen = options ?? new NormOptions();
            NormRows rows = device.CheckSums(input, residual, output, format, chosen);
            residual.CheckDisjoint(nameof(residual), weight.Footprint, nameof(weight));
            NormCall call = device.Call(residual, output, format, stream) with { Addend = input.Data.Cast<byte>() };
            NormChecks.Rms(call, rows, weight, output.Footprint, chosen);
        }

        /// <summary>As the other overload, of input and output of any format.</summary>
        /// <param name="input">[…, hidden], with rows at equal distances, or at two: heads in a part of a larger tensor.</param>
        /// <param name="weight">[hidden], fp32; 1 where <see langword="null"/>.</param>
        /// <param name="bias">[hidden], fp32; 0 where <see langword="null"/>. A bias needs a weight.</param>
        /// <param name="output">Like the input; may be the input itself.</param>
        /// <param name="format">How input and output are stored.</param>
        /// <param name="options">ε; all defaults where <see langword="null"/>.</param>
        /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
        /// <exception cref="ArgumentException">A tensor has a wrong shape, strides that kernels cannot use, is of another device or
        /// overlaps an output; or an option is out of range.</exception>
        /// <exception cref="NotSupportedException">A forced schedule cannot run on the device, or weights count from 1.</exception>
        /// <exception cref="ObjectDisposedException">The device or a tensor is disposed.</exception>
        /// <example>
        /// <code>
        /// using Tensor&lt;Half> input = device.Allocate&lt;Half>([16, 64]), output = device.Allocate&lt;Half>(input.Shape);
        /// using Tensor&lt;float> weight = device.Allocate&lt;float>([64]), bias = device.Allocate&lt;float>(weight.Shape);
        /// device.LayerNorm(input, weight.View, bias.View, output, NumberFormat.Float16);
        /// </code>
        /// </example>
        public void LayerNorm(
            TensorView<T> input, TensorView<float>? weight, TensorView<float>? bias, TensorView<T> output, NumberFormat<T> format,
            NormOptions? options = null, AcceleratorStream? stream = null)
        {
            NormOptions chosen = options ?? new NormOptions();
            NormRows rows = device.CheckRows(input, output, format, chosen);
            NormCall call = device.Call(input, output, format, stream);
            NormChecks.Layer(call, rows, weight, bias, output.Footprint, chosen);
        }

        /// <summary>r ← r + x, rounded as it is stored, and y = (r − mean(r)) / √(var(r) + ε) · w + b over the last dimension, in one pass
        /// over memory. Queues the computation.</summary>
        /// <param name="input">x […, hidden], with rows at equal distances, or at two: heads in a part of a larger tensor.</param>
        /// <param name="residual">r, like the input, and apart from it; views with gaps are taken at their word.</param>
        /// <param name="weight">[hidden], fp32; 1 where <see langword="null"/>.</param>
        /// <param name="bias">[hidden], fp32; 0 where <see langword="null"/>. A bias needs a weight.</param>
        /// <param name="output">y, like the input; may be the input itself.</param>
        /// <param name="format">How input, residual and output are stored.</param>
        /// <param name="options">ε; all defaults where <see langword="null"/>.</param>
        /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
        /// <exception cref="ArgumentException">A tensor has a wrong shape, strides that kernels cannot use, is of another device or
        /// overlaps what is written; or an option is out of range.</exception>
        /// <exception cref="NotSupportedException">A forced schedule cannot run on the device, or weights count from 1.</exception>
        /// <exception cref="ObjectDisposedException">The device or a tensor is disposed.</exception>
        /// <example>
        /// <code>
        /// using Tensor&lt;Half> attended = device.Allocate&lt;Half>([16, 64]), residual = device.Allocate&lt;Half>(attended.Shape);
        /// using Tensor&lt;Half> normalized = device.Allocate&lt;Half>(attended.Shape);
        /// using Tensor&lt;float> weight = device.Allocate&lt;float>([64]), bias = device.Allocate&lt;float>(weight.Shape);
        /// device.AddLayerNorm(attended, residual, weight.View, bias.View, normalized, NumberFormat.Float16);
        /// </code>
        /// </example>
        public void AddLayerNorm(
            TensorView<T> input, TensorView<T> residual, TensorView<float>? weight, TensorView<float>? bias, TensorView<T> output,
            NumberFormat<T> format, NormOptions? options = null, AcceleratorStream? stream = null)
        {
            NormOptions chosen = options ?? new NormOptions();
            NormRows rows = device.CheckSums(input, residual, output, format, chosen);
            if (weight is { } weights)
                residual.CheckDisjoint(nameof(residual), weights.Footprint, nameof(weight));
            if (bias is { } biases)
                residual.CheckDisjoint(nameof(residual), biases.Footprint, nameof(bias));
            NormCall call = device.Call(residual, output, format, stream) with { Addend = input.Data.Cast<byte>() };
            NormChecks.Layer(call, rows, weight, bias, output.Footprint, chosen);
        }

        /// <summary>y = e^(x − max x) / Σ e^(x − max x) over the last dimension: probabilities of logits, such as a router's of experts or
        /// a decoder's of tokens. Queues the computation.</summary>
        /// <remarks>Each row is computed in fp32, whatever the format, and rounded once; sums of 100,000 numbers and more are as good as
        /// those of a few. Numbers of −∞ have the probability 0, and a row of nothing else is 0, as attention to no key is. A NaN makes its
        /// row NaN, and so does +∞.</remarks>
        /// <param name="input">x […, columns], with rows at equal distances, or at two: a part of a larger tensor.</param>
        /// <param name="output">y, like the input; may be the input itself.</param>
        /// <param name="format">How both are stored.</param>
        /// <param name="schedule">Forces a schedule; chosen by device where <see langword="null"/>.</param>
        /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
        /// <exception cref="ArgumentException">A tensor has a wrong shape, strides that kernels cannot use, is of another device, or both
        /// overlap.</exception>
        /// <exception cref="NotSupportedException">A forced schedule cannot run on the device.</exception>
        /// <exception cref="ObjectDisposedException">The device or a tensor is disposed.</exception>
        /// <example>
        /// <code>
        /// using Tensor&lt;float> hidden = device.Allocate&lt;float>([16, 64]), router = device.Allocate&lt;float>([8, 64]);
        /// using Tensor&lt;float> logits = device.Allocate&lt;float>([16, 8]);
        /// device.Linear(hidden, router, logits);
        /// device.Softmax(logits, logits);
        /// </code>
        /// </example>
        public void Softmax(
            TensorView<T> input, TensorView<T> output, NumberFormat<T> format, KernelSchedule? schedule = null,
            AcceleratorStream? stream = null)
        {
            NormRows rows = device.CheckRows(input, output, format, new NormOptions());
            NormChecks.Softmax(device.Call(input, output, format, stream), rows, schedule);
        }

        /// <summary>A call of a norm, of any format.</summary>
        internal NormCall Call(TensorView<T> input, TensorView<T> output, NumberFormat<T> format, AcceleratorStream? stream) =>
            new(device, format, DeviceChecks.Stream(device, stream), input.Data.Cast<byte>(), output.Data.Cast<byte>());

        private NormRows CheckRows(TensorView<T> input, TensorView<T> output, NumberFormat<T> format, NormOptions options)
        {
            device.CheckTensors(input, output, format, options);
            var grid = RowGrid.Of(input.Shape, (input.Strides, nameof(input)), (output.Strides, nameof(output)));
            return NormChecks.Rows(grid, input.Shape, input.Strides, output.Strides, options);
        }

        // Rows of the residual take the place of those of the input, which become addends.
        private NormRows CheckSums(
            TensorView<T> input, TensorView<T> residual, TensorView<T> output, NumberFormat<T> format, NormOptions options)
        {
            device.CheckTensors(input, output, format, options);
            residual.CheckOutput(device, input.Shape, nameof(residual));
            residual.CheckDisjoint(nameof(residual), input.Footprint, nameof(input));
            residual.CheckDisjoint(nameof(residual), output.Footprint, nameof(output));
            var grid = RowGrid.Of(
                input.Shape, (input.Strides, nameof(input)), (output.Strides, nameof(output)), (residual.Strides, nameof(residual)));
            NormRows rows = NormChecks.Rows(grid, input.Shape, residual.Strides, output.Strides, options);
            rows.Addend = grid.Distances(input.Strides);
            return rows;
        }

        private void CheckTensors(TensorView<T> input, TensorView<T> output, NumberFormat<T> format, NormOptions options)
        {
            device.CheckInput(input, format, options);
            output.CheckOutput(device, input.Shape, nameof(output));
            output.CheckDisjointOrSame(nameof(output), input, nameof(input));
        }

        /// <summary>Checks what is normalised.</summary>
        internal void CheckInput(TensorView<T> input, NumberFormat<T> format, NormOptions options)
        {
            ArgumentNullException.ThrowIfNull(device);
            ArgumentNullException.ThrowIfNull(format);
            NormChecks.Epsilon(options.Epsilon, nameof(options));
            NormChecks.Hidden(input.Shape);
            input.CheckInput(device, input.Shape, nameof(input));
        }
    }
}
