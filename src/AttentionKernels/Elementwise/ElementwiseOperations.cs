using AttentionKernels.Devices;
using AttentionKernels.Elementwise;
using AttentionKernels.Elementwise.Kernels;
using AttentionKernels.MicroKernels;
using ILGPU.Runtime;

namespace AttentionKernels;

/// <summary>What a model needs between its layers, on a device: sums, activations, gated linear units.</summary>
/// <remarks>Kernels compute in fp32, whatever the format, and round each result once.</remarks>
public static class ElementwiseOperations
{
    /// <summary>target = source, from device memory to device memory, of fp32. Queues the copy.</summary>
    /// <param name="device">The device.</param>
    /// <param name="source">[…, columns], perhaps a part of a larger tensor: rows at equal distances, or those of outer dimensions at
    /// others.</param>
    /// <param name="target">Like the source, in distances of its own.</param>
    /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A tensor has a wrong shape, strides that kernels cannot use, is of another device, or both
    /// overlap.</exception>
    /// <exception cref="ObjectDisposedException">The device or a tensor is disposed.</exception>
    public static void Copy(
        this AttentionDevice device, TensorView<float> source, TensorView<float> target, AcceleratorStream? stream = null) =>
        device.Copy(source, target, NumberFormat.Float32, stream);

    /// <summary>y = left + right, of fp32. Queues the computation.</summary>
    /// <param name="device">The device.</param>
    /// <param name="left">[…, columns], perhaps a part of a larger tensor: rows at equal distances, or those of outer dimensions at
    /// others.</param>
    /// <param name="right">Like the left one; or [columns], a bias that all rows take.</param>
    /// <param name="output">Like the left one; may be an input itself.</param>
    /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A tensor has a wrong shape, strides that kernels cannot use, is of another device or overlaps
    /// the output.</exception>
    /// <exception cref="ObjectDisposedException">The device or a tensor is disposed.</exception>
    public static void Add(
        this AttentionDevice device, TensorView<float> left, TensorView<float> right, TensorView<float> output,
        AcceleratorStream? stream = null) => device.Add(left, right, output, NumberFormat.Float32, stream);

    /// <summary>y = f(x + b), of fp32. Queues the computation.</summary>
    /// <param name="device">The device.</param>
    /// <param name="input">x […, columns], perhaps a part of a larger tensor: rows at equal distances, or those of outer dimensions at
    /// others.</param>
    /// <param name="activation">f.</param>
    /// <param name="output">Like the input; may be the input itself.</param>
    /// <param name="bias">b [columns], which all rows take, or like the input; 0 where <see langword="null"/>.</param>
    /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A tensor has a wrong shape, strides that kernels cannot use, is of another device or overlaps
    /// the output.</exception>
    /// <exception cref="ObjectDisposedException">The device or a tensor is disposed.</exception>
    public static void Activate(
        this AttentionDevice device, TensorView<float> input, Activation activation, TensorView<float> output,
        TensorView<float>? bias = null, AcceleratorStream? stream = null) =>
        device.Activate(input, activation, output, NumberFormat.Float32, bias, stream);

    /// <summary>y = f(g)·u, a gated linear unit, of fp32. Queues the computation.</summary>
    /// <param name="device">The device.</param>
    /// <param name="gate">g […, columns], perhaps a part of a larger tensor: rows at equal distances, or those of outer dimensions at
    /// others.</param>
    /// <param name="activation">f.</param>
    /// <param name="up">u, like the gate.</param>
    /// <param name="output">y, like the gate; may be an input itself.</param>
    /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A tensor has a wrong shape, strides that kernels cannot use, is of another device or overlaps
    /// the output.</exception>
    /// <exception cref="ObjectDisposedException">The device or a tensor is disposed.</exception>
    public static void Gate(
        this AttentionDevice device, TensorView<float> gate, Activation activation, TensorView<float> up, TensorView<float> output,
        AcceleratorStream? stream = null) => device.Gate(gate, activation, up, output, NumberFormat.Float32, stream);

    /// <typeparam name="T">The type of elements.</typeparam>
    /// <param name="device">The device.</param>
    extension<T>(AttentionDevice device)
        where T : unmanaged
    {
        /// <summary>target = source, from device memory to device memory, each with distances of its own between rows: new keys into a
        /// batched cache, in one launch. Queues the copy. Numbers stay what they are; a NaN of 16 bits may become another one.</summary>
        /// <param name="source">[…, columns], perhaps a part of a larger tensor: rows at equal distances, or those of outer dimensions at
        /// others.</param>
        /// <param name="target">Like the source, in distances of its own.</param>
        /// <param name="format">How both are stored.</param>
        /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
        /// <exception cref="ArgumentException">A tensor has a wrong shape, strides that kernels cannot use, is of another device, or both
        /// overlap.</exception>
        /// <exception cref="ObjectDisposedException">The device or a tensor is disposed.</exception>
        /// <example>
        /// <code>
        /// // Keys of one new token of each sequence, behind those that are there: [batch, tokens, heads, headDim].
        /// using Tensor&lt;Half> keys = device.Allocate&lt;Half>([2, 128, 8, 64]), newKeys = device.Allocate&lt;Half>([2, 1, 8, 64]);
        /// int length = 5;
        /// device.Copy(newKeys, keys.Slice(1, length, 1), NumberFormat.Float16);
        /// </code>
        /// </example>
        public void Copy(TensorView<T> source, TensorView<T> target, NumberFormat<T> format, AcceleratorStream? stream = null)
        {
            ArgumentNullException.ThrowIfNull(device);
            source.CheckInput(device, source.Shape, nameof(source));
            target.CheckOutput(device, source.Shape, nameof(target));
            target.CheckDisjoint(nameof(target), source.Footprint, nameof(source));
            device.Run(
                Activation.Identity.Alone, format, (source, nameof(source)), second: null, mayShare: false, (target, nameof(target)),
                stream);
        }

        /// <summary>y = left + right. Queues the computation.</summary>
        /// <param name="left">[…, columns], perhaps a part of a larger tensor: rows at equal distances, or those of outer dimensions at
        /// others.</param>
        /// <param name="right">Like the left one; or [columns], a bias that all rows take.</param>
        /// <param name="output">Like the left one; may be an input itself.</param>
        /// <param name="format">How all are stored.</param>
        /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
        /// <exception cref="ArgumentException">A tensor has a wrong shape, strides that kernels cannot use, is of another device or
        /// overlaps the output.</exception>
        /// <exception cref="ObjectDisposedException">The device or a tensor is disposed.</exception>
        /// <example>
        /// <code>
        /// using Tensor&lt;Half> projected = device.Allocate&lt;Half>([16, 768]), bias = device.Allocate&lt;Half>([768]);
        /// device.Add(projected, bias, projected, NumberFormat.Float16);
        /// </code>
        /// </example>
        public void Add(
            TensorView<T> left, TensorView<T> right, TensorView<T> output, NumberFormat<T> format, AcceleratorStream? stream = null) =>
            device.Run(
                typeof(SumFormula), format, (left, nameof(left)), (right, nameof(right)), mayShare: true, (output, nameof(output)), stream);

        /// <summary>y = f(x + b). Queues the computation.</summary>
        /// <param name="input">x […, columns], perhaps a part of a larger tensor: rows at equal distances, or those of outer dimensions at
        /// others.</param>
        /// <param name="activation">f.</param>
        /// <param name="output">y, like the input; may be the input itself.</param>
        /// <param name="format">How all are stored.</param>
        /// <param name="bias">b [columns], which all rows take, or like the input; 0 where <see langword="null"/>.</param>
        /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
        /// <exception cref="ArgumentException">A tensor has a wrong shape, strides that kernels cannot use, is of another device or
        /// overlaps the output.</exception>
        /// <exception cref="ObjectDisposedException">The device or a tensor is disposed.</exception>
        /// <example>
        /// <code>
        /// using Tensor&lt;Half> hidden = device.Allocate&lt;Half>([16, 3072]), bias = device.Allocate&lt;Half>([3072]);
        /// device.Activate(hidden, Activation.Gelu, hidden, NumberFormat.Float16, bias);
        /// </code>
        /// </example>
        public void Activate(
            TensorView<T> input, Activation activation, TensorView<T> output, NumberFormat<T> format, TensorView<T>? bias = null,
            AcceleratorStream? stream = null)
        {
            ArgumentNullException.ThrowIfNull(activation);
            (TensorView<T>, string) x = (input, nameof(input)), y = (output, nameof(output));
            if (bias is { } added)
                device.Run(activation.OfSum, format, x, (added, nameof(bias)), mayShare: true, y, stream);
            else
                device.Run(activation.Alone, format, x, second: null, mayShare: false, y, stream);
        }

        /// <summary>y = f(g)·u: a gated linear unit, SwiGLU with <see cref="Activation.Silu"/>, GeGLU with <see cref="Activation.Gelu"/>.
        /// Queues the computation.</summary>
        /// <param name="gate">g […, columns], perhaps a part of a larger tensor: rows at equal distances, or those of outer dimensions at
        /// others.</param>
        /// <param name="activation">f.</param>
        /// <param name="up">u, like the gate.</param>
        /// <param name="output">y, like the gate; may be an input itself.</param>
        /// <param name="format">How all are stored.</param>
        /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
        /// <exception cref="ArgumentException">A tensor has a wrong shape, strides that kernels cannot use, is of another device or
        /// overlaps the output.</exception>
        /// <exception cref="ObjectDisposedException">The device or a tensor is disposed.</exception>
        /// <remarks>Shazeer, "GLU variants improve Transformer", 2020.</remarks>
        /// <example>
        /// <code>
        /// const int hidden = 2048;
        /// using Tensor&lt;BFloat16> both = device.Allocate&lt;BFloat16>([16, 2 * hidden]);  // one projection has made both
        /// using Tensor&lt;BFloat16> output = device.Allocate&lt;BFloat16>([16, hidden]);
        /// device.Gate(both.Slice(1, 0, hidden), Activation.Silu, both.Slice(1, hidden, hidden), output, NumberFormat.BFloat16);
        /// </code>
        /// </example>
        public void Gate(
            TensorView<T> gate, Activation activation, TensorView<T> up, TensorView<T> output, NumberFormat<T> format,
            AcceleratorStream? stream = null)
        {
            ArgumentNullException.ThrowIfNull(activation);
            device.Run(activation.Gate, format, (gate, nameof(gate)), (up, nameof(up)), mayShare: false, (output, nameof(output)), stream);
        }

        // A formula of rows, which has a second operand or not; all rows may share it.
        private void Run(
            Type formula, NumberFormat<T> format, (TensorView<T> View, string Name) x, (TensorView<T> View, string Name)? second,
            bool mayShare, (TensorView<T> View, string Name) output, AcceleratorStream? stream)
        {
            ArgumentNullException.ThrowIfNull(device);
            ArgumentNullException.ThrowIfNull(format);
            TensorShape shape = x.View.Shape;
            x.View.CheckInput(device, shape, x.Name);
            (TensorView<T> View, string Name) y = second ?? x;
            bool isShared = mayShare && y.View.Shape.Rank == 1 && shape.Rank > 1;
            if (second is not null)
                y.View.CheckInput(device, isShared ? [shape[^1]] : shape, y.Name);
            output.View.CheckOutput(device, shape, output.Name);
            output.View.CheckDisjointOrSame(output.Name, x.View, x.Name);
            if (second is not null)
                output.View.CheckDisjointOrSame(output.Name, y.View, y.Name);
            AcceleratorStream target = DeviceChecks.Stream(device, stream);
            if (output.View.ElementCount == 0)
                return;
            var call = new ElementwiseCall(
                device, target, x.View.Data.Cast<byte>(), y.View.Data.Cast<byte>(), output.View.Data.Cast<byte>());
            TensorShape strides = isShared ? ElementwiseChecks.SharedRow(shape) : y.View.Strides;
            ElementwiseRows rows = ElementwiseChecks.Rows(
                shape, (x.View.Strides, x.Name), (strides, y.Name), (output.View.Strides, output.Name));
            Formulas.Of(format, formula).Run(call, rows);
        }
    }
}
