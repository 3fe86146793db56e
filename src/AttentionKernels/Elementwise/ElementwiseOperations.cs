using AttentionKernels.Devices;
using AttentionKernels.Elementwise;
using AttentionKernels.Elementwise.Kernels;
using AttentionKernels.MicroKernels;
using AttentionKernels.Tensors;
using ILGPU;
using ILGPU.Runtime;

namespace AttentionKernels;

/// <summary>What a model needs between its layers, on a device: sums, activations, gated linear units, lookups in tables of
/// embeddings.</summary>
/// <remarks>Kernels compute in fp32, whatever the format, and round each result once.</remarks>
public static class ElementwiseOperations
{
    /// <summary>As the other overload, of fp32.</summary>
    /// <param name="device">The device.</param>
    /// <param name="left">[…, columns], with rows at equal distances, or at two.</param>
    /// <param name="right">Like the left one; or [columns], a bias that all rows take.</param>
    /// <param name="output">Like the left one; may be an input itself.</param>
    /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A tensor has a wrong shape, strides that kernels cannot use, is of another device or overlaps
    /// the output.</exception>
    /// <exception cref="ObjectDisposedException">The device or a tensor is disposed.</exception>
    public static void Add(
        this AttentionDevice device, TensorView<float> left, TensorView<float> right, TensorView<float> output,
        AcceleratorStream? stream = null) => device.Add(left, right, output, NumberFormat.Float32, stream);

    /// <summary>As the other overload, of fp32.</summary>
    /// <param name="device">The device.</param>
    /// <param name="input">x […, columns], with rows at equal distances, or at two.</param>
    /// <param name="activation">f.</param>
    /// <param name="output">Like the input; may be the input itself.</param>
    /// <param name="bias">b [columns]; 0 where <see langword="null"/>.</param>
    /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A tensor has a wrong shape, strides that kernels cannot use, is of another device or overlaps
    /// the output.</exception>
    /// <exception cref="ObjectDisposedException">The device or a tensor is disposed.</exception>
    public static void Activate(
        this AttentionDevice device, TensorView<float> input, Activation activation, TensorView<float> output,
        TensorView<float>? bias = null, AcceleratorStream? stream = null) =>
        device.Activate(input, activation, output, NumberFormat.Float32, bias, stream);

    /// <summary>As the other overload, of fp32.</summary>
    /// <param name="device">The device.</param>
    /// <param name="gate">g […, columns], with rows at equal distances, or at two: a part of a larger tensor.</param>
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

    /// <summary>As the other overload, of fp32.</summary>
    /// <param name="device">The device.</param>
    /// <param name="table">[rows, columns].</param>
    /// <param name="indices">Dense, of any shape.</param>
    /// <param name="output">[the indices' shape, columns].</param>
    /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A tensor has a wrong shape, strides that kernels cannot use, is of another device or overlaps
    /// the output.</exception>
    /// <exception cref="ObjectDisposedException">The device or a tensor is disposed.</exception>
    public static void EmbeddingLookup(
        this AttentionDevice device, TensorView<float> table, TensorView<int> indices, TensorView<float> output,
        AcceleratorStream? stream = null) => device.EmbeddingLookup(table, indices, output, NumberFormat.Float32, stream);

    /// <typeparam name="T">The type of elements.</typeparam>
    /// <param name="device">The device.</param>
    extension<T>(AttentionDevice device)
        where T : unmanaged
    {
        /// <summary>y = left + right. Queues the computation.</summary>
        /// <param name="left">[…, columns], with rows at equal distances, or at two.</param>
        /// <param name="right">Like the left one; or [columns], a bias that all rows take.</param>
        /// <param name="output">Like the left one; may be an input itself.</param>
        /// <param name="format">How all are stored.</param>
        /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
        /// <exception cref="ArgumentException">A tensor has a wrong shape, strides that kernels cannot use, is of another device or
        /// overlaps the output.</exception>
        /// <exception cref="ObjectDisposedException">The device or a tensor is disposed.</exception>
        /// <example>
        /// <code>
        /// device.Add(projected, bias, projected, NumberFormat.Float16);
        /// </code>
        /// </example>
        public void Add(
            TensorView<T> left, TensorView<T> right, TensorView<T> output, NumberFormat<T> format, AcceleratorStream? stream = null) =>
            device.Run(typeof(SumFormula), format, (left, nameof(left)), (right, nameof(right)), mayShare: true, output, stream);

        /// <summary>y = f(x + b). Queues the computation.</summary>
        /// <param name="input">x […, columns], with rows at equal distances, or at two.</param>
        /// <param name="activation">f.</param>
        /// <param name="output">y, like the input; may be the input itself.</param>
        /// <param name="format">How all are stored.</param>
        /// <param name="bias">b [columns]; 0 where <see langword="null"/>.</param>
        /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
        /// <exception cref="ArgumentException">A tensor has a wrong shape, strides that kernels cannot use, is of another device or
        /// overlaps the output.</exception>
        /// <exception cref="ObjectDisposedException">The device or a tensor is disposed.</exception>
        /// <example>
        /// <code>
        /// device.Activate(hidden, Activation.Gelu, hidden, NumberFormat.Float16, bias);
        /// </code>
        /// </example>
        public void Activate(
            TensorView<T> input, Activation activation, TensorView<T> output, NumberFormat<T> format, TensorView<T>? bias = null,
            AcceleratorStream? stream = null)
        {
            ArgumentNullException.ThrowIfNull(activation);
            if (bias is { } added)
                device.Run(activation.OfSum, format, (input, nameof(input)), (added, nameof(bias)), mayShare: true, output, stream);
            else
                device.Run(activation.Alone, format, (input, nameof(input)), (input, nameof(input)), mayShare: false, output, stream);
        }

        /// <summary>y = f(g)·u: a gated linear unit, SwiGLU with <see cref="Activation.Silu"/>, GeGLU with <see cref="Activation.Gelu"/>.
        /// Queues the computation.</summary>
        /// <param name="gate">g […, columns], with rows at equal distances, or at two: a part of a larger tensor.</param>
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
        /// // One projection has made both: [tokens, 2·hidden].
        /// device.Gate(both.Slice(1, 0, hidden), Activation.Silu, both.Slice(1, hidden, hidden), output, NumberFormat.BFloat16);
        /// </code>
        /// </example>
        public void Gate(
            TensorView<T> gate, Activation activation, TensorView<T> up, TensorView<T> output, NumberFormat<T> format,
            AcceleratorStream? stream = null)
        {
            ArgumentNullException.ThrowIfNull(activation);
            device.Run(activation.Gate, format, (gate, nameof(gate)), (up, nameof(up)), mayShare: false, output, stream);
        }

        /// <summary>output[…] = table[indices[…]]: the rows of a table of embeddings, of tokens or of learned positions. Queues the
        /// computation.</summary>
        /// <param name="table">[rows, columns].</param>
        /// <param name="indices">Dense, of any shape; one that is no row of the table gives a row of NaN: it shows, and nothing outside the
        /// table is read.</param>
        /// <param name="output">[the indices' shape, columns].</param>
        /// <param name="format">How table and output are stored.</param>
        /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
        /// <exception cref="ArgumentException">A tensor has a wrong shape, strides that kernels cannot use, is of another device or
        /// overlaps the output.</exception>
        /// <exception cref="ObjectDisposedException">The device or a tensor is disposed.</exception>
        /// <example>
        /// <code>
        /// device.EmbeddingLookup(embeddings, tokens, hidden, NumberFormat.Float16);
        /// </code>
        /// </example>
        public void EmbeddingLookup(
            TensorView<T> table, TensorView<int> indices, TensorView<T> output, NumberFormat<T> format, AcceleratorStream? stream = null)
        {
            ArgumentNullException.ThrowIfNull(device);
            ArgumentNullException.ThrowIfNull(format);
            TensorChecks.Extents(table.Shape, 2, nameof(table), "[rows, columns]");
            table.CheckInput(device, table.Shape, nameof(table));
            indices.CheckInput(device, indices.Shape, nameof(indices));
            indices.CheckDense(nameof(indices));
            output.CheckOutput(device, ElementwiseChecks.Found(indices.Shape, table.Shape[1]), nameof(output));
            output.CheckDense(nameof(output));
            output.CheckDisjoint(nameof(output), table.Footprint, nameof(table));
            output.CheckDisjoint(nameof(output), indices.Footprint, nameof(indices));
            AcceleratorStream target = DeviceChecks.Stream(device, stream);
            if (output.ElementCount == 0)
                return;
            var rows = new ElementwiseRows
            {
                Count = indices.ElementCount,
                Columns = (int)table.Shape[1],
                TableRows = (int)table.Shape[0],
            };
            rows.X.Row = table.Strides[0];
            rows.Output.Row = rows.Columns;
            ArrayView<byte> stored = table.Data.Cast<byte>();
            Formulas.Of(format, Activation.Identity.Alone).Run(
                new ElementwiseCall(device, target, stored, stored, output.Data.Cast<byte>(), indices.Data), rows);
        }

        // A formula of rows, of which all may share the second operand.
        private void Run(
            Type formula, NumberFormat<T> format, (TensorView<T> View, string Name) x, (TensorView<T> View, string Name) y, bool mayShare,
            TensorView<T> output, AcceleratorStream? stream)
        {
            ArgumentNullException.ThrowIfNull(device);
            ArgumentNullException.ThrowIfNull(format);
            TensorShape shape = x.View.Shape;
            bool isShared = mayShare && y.View.Shape.Rank == 1 && shape.Rank > 1;
            x.View.CheckInput(device, shape, x.Name);
            y.View.CheckInput(device, isShared ? [shape[^1]] : shape, y.Name);
            output.CheckOutput(device, shape, nameof(output));
            output.CheckDisjointOrSame(nameof(output), x.View, x.Name);
            output.CheckDisjointOrSame(nameof(output), y.View, y.Name);
            AcceleratorStream target = DeviceChecks.Stream(device, stream);
            var call = new ElementwiseCall(
                device, target, x.View.Data.Cast<byte>(), y.View.Data.Cast<byte>(), output.Data.Cast<byte>());
            if (output.ElementCount == 0)
                return;
            ElementwiseRows rows = ElementwiseChecks.Rows(
                shape, (x.View.Strides, x.Name), (y.View.Strides, y.Name), output.Strides, isShared);
            Formulas.Of(format, formula).Run(call, rows);
        }
    }
}
