using AttentionKernels.Devices;
using AttentionKernels.Normalization;
using AttentionKernels.Normalization.Kernels;
using AttentionKernels.Tensors;
using ILGPU.Runtime;

namespace AttentionKernels;

/// <summary>Layer norm and RMS norm whose results are quantised to int8 or fp8 in the same pass over memory: what a quantised linear layer
/// takes.</summary>
/// <remarks>The norm is computed in fp32 and rounded once, to the 8 bits that are stored: it is not rounded to the format of the input in
/// between. <see cref="QuantizedRows"/> has the rule.</remarks>
public static class QuantizedNormOperations
{
    /// <typeparam name="T">The type of elements of the input.</typeparam>
    /// <param name="device">The device.</param>
    extension<T>(AttentionDevice device)
        where T : unmanaged
    {
        /// <summary>stored = round(y / scale) with y = x / √(mean(x²) + ε) · w over the last dimension. Queues the computation.</summary>
        /// <param name="input">x […, hidden], with rows at equal distances, or at two: heads in a part of a larger tensor.</param>
        /// <param name="weight">w [hidden], fp32.</param>
        /// <param name="output">Where results are stored, numbers like the input and scales [rows]; overlaps no other tensor.</param>
        /// <param name="format">How the input is stored.</param>
        /// <param name="options">ε, and what weights count from; all defaults where <see langword="null"/>.</param>
        /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
        /// <exception cref="ArgumentException">A tensor has a wrong shape, strides that kernels cannot use, is of another device or
        /// overlaps what is written; or an option is out of range.</exception>
        /// <exception cref="NotSupportedException">A forced schedule cannot run on the device.</exception>
        /// <exception cref="ObjectDisposedException">The device or a tensor is disposed.</exception>
        /// <example>
        /// <code>
        /// using Tensor&lt;BFloat16> input = device.Allocate&lt;BFloat16>([16, 64]);
        /// using Tensor&lt;float> weight = device.Allocate&lt;float>([64]);
        /// using Tensor&lt;sbyte> numbers = device.Allocate&lt;sbyte>([16, 64]);
        /// using Tensor&lt;float> scales = device.Allocate&lt;float>([16]);
        /// device.RmsNorm(input, weight, new QuantizedRows(numbers, scales), NumberFormat.BFloat16);
        /// </code>
        /// </example>
        public void RmsNorm(
            TensorView<T> input, TensorView<float> weight, QuantizedRows output, NumberFormat<T> format, NormOptions? options = null,
            AcceleratorStream? stream = null)
        {
            NormOptions chosen = options ?? new NormOptions();
            NormRows rows = device.CheckQuantized(input, null, output, format, chosen);
            CheckFeatures(output, null, (weight, nameof(weight)));
            NormChecks.Rms(device.Call(input, output, format, stream), rows, weight, output.Numbers.Footprint, chosen);
        }

        /// <summary>r ← r + x, rounded as it is stored, and stored = round(y / scale) with y = r / √(mean(r²) + ε) · w over the last
        /// dimension, in one pass over memory. Queues the computation.</summary>
        /// <param name="input">x […, hidden], with rows at equal distances, or at two: heads in a part of a larger tensor.</param>
        /// <param name="residual">r, like the input, and apart from it; views with gaps are taken at their word.</param>
        /// <param name="weight">w [hidden], fp32.</param>
        /// <param name="output">Where results are stored, numbers like the input and scales [rows]; overlaps no other tensor.</param>
        /// <param name="format">How input and residual are stored.</param>
        /// <param name="options">ε, and what weights count from; all defaults where <see langword="null"/>.</param>
        /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
        /// <exception cref="ArgumentException">A tensor has a wrong shape, strides that kernels cannot use, is of another device or
        /// overlaps what is written; or an option is out of range.</exception>
        /// <exception cref="NotSupportedException">A forced schedule cannot run on the device.</exception>
        /// <exception cref="ObjectDisposedException">The device or a tensor is disposed.</exception>
        /// <example>
        /// <code>
        /// using Tensor&lt;Half> attended = device.Allocate&lt;Half>([16, 64]), residual = device.Allocate&lt;Half>(attended.Shape);
        /// using Tensor&lt;float> weight = device.Allocate&lt;float>([64]);
        /// using Tensor&lt;byte> numbers = device.Allocate&lt;byte>([16, 64]);
        /// using Tensor&lt;float> scales = device.Allocate&lt;float>([16]);
        /// var output = new QuantizedRows(numbers, NumberFormat.Float8E4M3, scales);
        /// device.AddRmsNorm(attended, residual, weight, output, NumberFormat.Float16);
        /// </code>
        /// </example>
        public void AddRmsNorm(
            TensorView<T> input, TensorView<T> residual, TensorView<float> weight, QuantizedRows output, NumberFormat<T> format,
            NormOptions? options = null, AcceleratorStream? stream = null)
        {
            NormOptions chosen = options ?? new NormOptions();
            NormRows rows = device.CheckQuantized(input, residual, output, format, chosen);
            CheckFeatures(output, residual.Footprint, (weight, nameof(weight)));
            NormCall call = device.Call(residual, output, format, stream) with { Addend = input.Data.Cast<byte>() };
            NormChecks.Rms(call, rows, weight, output.Numbers.Footprint, chosen);
        }

        /// <summary>stored = round(y / scale) with y = (x − mean(x)) / √(var(x) + ε) · w + b over the last dimension, with the biased
        /// variance. Queues the computation.</summary>
        /// <param name="input">x […, hidden], with rows at equal distances, or at two: heads in a part of a larger tensor.</param>
        /// <param name="weight">w [hidden], fp32; 1 where <see langword="null"/>.</param>
        /// <param name="bias">b [hidden], fp32; 0 where <see langword="null"/>. A bias needs a weight.</param>
        /// <param name="output">Where results are stored, numbers like the input and scales [rows]; overlaps no other tensor.</param>
        /// <param name="format">How the input is stored.</param>
        /// <param name="options">ε; all defaults where <see langword="null"/>.</param>
        /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
        /// <exception cref="ArgumentException">A tensor has a wrong shape, strides that kernels cannot use, is of another device or
        /// overlaps what is written; or an option is out of range.</exception>
        /// <exception cref="NotSupportedException">A forced schedule cannot run on the device, or weights count from 1.</exception>
        /// <exception cref="ObjectDisposedException">The device or a tensor is disposed.</exception>
        /// <example>
        /// <code>
        /// using Tensor&lt;float> input = device.Allocate&lt;float>([16, 64]);
        /// using Tensor&lt;float> weight = device.Allocate&lt;float>([64]), bias = device.Allocate&lt;float>(weight.Shape);
        /// using Tensor&lt;sbyte> numbers = device.Allocate&lt;sbyte>([16, 64]);
        /// device.LayerNorm(input, weight, bias, new QuantizedRows(numbers, scale: 0.05f), NumberFormat.Float32);
        /// </code>
        /// </example>
        public void LayerNorm(
            TensorView<T> input, TensorView<float>? weight, TensorView<float>? bias, QuantizedRows output, NumberFormat<T> format,
            NormOptions? options = null, AcceleratorStream? stream = null)
        {
            NormOptions chosen = options ?? new NormOptions();
            NormRows rows = device.CheckQuantized(input, null, output, format, chosen);
            CheckFeatures(output, null, (weight, nameof(weight)), (bias, nameof(bias)));
            NormChecks.Layer(device.Call(input, output, format, stream), rows, weight, bias, output.Numbers.Footprint, chosen);
        }

        /// <summary>r ← r + x, rounded as it is stored, and stored = round(y / scale) with y = (r − mean(r)) / √(var(r) + ε) · w + b over
        /// the last dimension, in one pass over memory. Queues the computation.</summary>
        /// <param name="input">x […, hidden], with rows at equal distances, or at two: heads in a part of a larger tensor.</param>
        /// <param name="residual">r, like the input, and apart from it; views with gaps are taken at their word.</param>
        /// <param name="weight">w [hidden], fp32; 1 where <see langword="null"/>.</param>
        /// <param name="bias">b [hidden], fp32; 0 where <see langword="null"/>. A bias needs a weight.</param>
        /// <param name="output">Where results are stored, numbers like the input and scales [rows]; overlaps no other tensor.</param>
        /// <param name="format">How input and residual are stored.</param>
        /// <param name="options">ε; all defaults where <see langword="null"/>.</param>
        /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
        /// <exception cref="ArgumentException">A tensor has a wrong shape, strides that kernels cannot use, is of another device or
        /// overlaps what is written; or an option is out of range.</exception>
        /// <exception cref="NotSupportedException">A forced schedule cannot run on the device, or weights count from 1.</exception>
        /// <exception cref="ObjectDisposedException">The device or a tensor is disposed.</exception>
        /// <example>
        /// <code>
        /// using Tensor&lt;BFloat16> attended = device.Allocate&lt;BFloat16>([16, 64]);
        /// using Tensor&lt;BFloat16> residual = device.Allocate&lt;BFloat16>(attended.Shape);
        /// using Tensor&lt;float> weight = device.Allocate&lt;float>([64]), bias = device.Allocate&lt;float>(weight.Shape);
        /// using Tensor&lt;sbyte> numbers = device.Allocate&lt;sbyte>([16, 64]);
        /// using Tensor&lt;float> scales = device.Allocate&lt;float>([16]);
        /// device.AddLayerNorm(attended, residual, weight, bias, new QuantizedRows(numbers, scales), NumberFormat.BFloat16);
        /// </code>
        /// </example>
        public void AddLayerNorm(
            TensorView<T> input, TensorView<T> residual, TensorView<float>? weight, TensorView<float>? bias, QuantizedRows output,
            NumberFormat<T> format, NormOptions? options = null, AcceleratorStream? stream = null)
        {
            NormOptions chosen = options ?? new NormOptions();
            NormRows rows = device.CheckQuantized(input, residual, output, format, chosen);
            CheckFeatures(output, residual.Footprint, (weight, nameof(weight)), (bias, nameof(bias)));
            NormCall call = device.Call(residual, output, format, stream) with { Addend = input.Data.Cast<byte>() };
            NormChecks.Layer(call, rows, weight, bias, output.Numbers.Footprint, chosen);
        }

        // Rows of the residual, if there is one, take the place of those of the input, which become addends.
        private NormRows CheckQuantized(
            TensorView<T> input, TensorView<T>? residual, in QuantizedRows output, NumberFormat<T> format, NormOptions options)
        {
            device.CheckInput(input, format, options);
            output.Check(device, input.Shape, nameof(output));
            output.CheckDisjoint(nameof(output), input.Footprint, nameof(input));
            TensorView<T> normalized = residual ?? input;
            if (residual is not null)
            {
                normalized.CheckOutput(device, input.Shape, nameof(residual));
                normalized.CheckDisjoint(nameof(residual), input.Footprint, nameof(input));
                output.CheckDisjoint(nameof(output), normalized.Footprint, nameof(residual));
            }

            TensorShape numbers = output.Numbers.Strides;
            var grid = RowGrid.Of(
                input.Shape, (input.Strides, nameof(input)), (numbers, nameof(output)), (normalized.Strides, nameof(residual)));
            NormRows rows = NormChecks.Rows(grid, input.Shape, normalized.Strides, numbers, options);
            if (residual is not null)
                rows.Addend = grid.Distances(input.Strides);
            return rows;
        }

        private NormCall Call(TensorView<T> normalized, in QuantizedRows output, NumberFormat<T> format, AcceleratorStream? stream) => new(
            device, format, DeviceChecks.Stream(device, stream), normalized.Data.Cast<byte>(), output.Numbers.Data,
            Scales: new RowScales(output.Format!, output.Scales?.Data ?? default, output.Scale));
    }

    // What is written overlaps neither weights nor biases.
    private static void CheckFeatures(
        in QuantizedRows output, Footprint? residual, params ReadOnlySpan<(TensorView<float>? View, string Name)> features)
    {
        foreach ((TensorView<float>? view, string name) in features)
        {
            if (view is not { } given)
                continue;
            residual?.CheckDisjoint(nameof(residual), given.Footprint, name);
            output.CheckDisjoint(nameof(output), given.Footprint, name);
        }
    }
}
