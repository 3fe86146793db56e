using AttentionKernels.Devices;
using AttentionKernels.Elementwise;
using AttentionKernels.Elementwise.Kernels;
using AttentionKernels.MicroKernels;
using AttentionKernels.Tensors;
using ILGPU;
using ILGPU.Runtime;

namespace AttentionKernels;

/// <summary>Tables of embeddings, of tokens or of learned positions, on a device: lookups, and the gradient of a table.</summary>
/// <remarks>Kernels compute in fp32, whatever the format, and round each result once.</remarks>
public static class EmbeddingOperations
{
    /// <summary>output[…] = table[indices[…]], of fp32. Queues the computation.</summary>
    /// <param name="device">The device.</param>
    /// <param name="table">[rows, columns].</param>
    /// <param name="indices">Dense, of any shape; one that is no row of the table gives a row of NaN.</param>
    /// <param name="output">[the indices' shape, columns].</param>
    /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A tensor has a wrong shape, strides that kernels cannot use, is of another device or overlaps
    /// the output.</exception>
    /// <exception cref="ObjectDisposedException">The device or a tensor is disposed.</exception>
    public static void EmbeddingLookup(
        this AttentionDevice device, TensorView<float> table, TensorView<int> indices, TensorView<float> output,
        AcceleratorStream? stream = null) => device.EmbeddingLookup(table, indices, output, NumberFormat.Float32, stream);

    /// <summary>tableGradient[indices[…]] += outputGradient[…], of fp32: the gradient of a lookup. Queues the computation.</summary>
    /// <param name="device">The device.</param>
    /// <param name="indices">Dense, of any shape; one that is no row of the table adds nothing.</param>
    /// <param name="outputGradient">[the indices' shape, columns].</param>
    /// <param name="tableGradient">[rows, columns]; rows that no index names stay as they are.</param>
    /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A tensor has a wrong shape, strides that kernels cannot use, is of another device or overlaps
    /// the table's gradient; or there are too many indices.</exception>
    /// <exception cref="ObjectDisposedException">The device or a tensor is disposed.</exception>
    public static void EmbeddingGradient(
        this AttentionDevice device, TensorView<int> indices, TensorView<float> outputGradient, TensorView<float> tableGradient,
        AcceleratorStream? stream = null) =>
        device.EmbeddingGradient(indices, outputGradient, tableGradient, NumberFormat.Float32, stream);

    /// <typeparam name="T">The type of elements.</typeparam>
    /// <param name="device">The device.</param>
    extension<T>(AttentionDevice device)
        where T : unmanaged
    {
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
        /// using Tensor&lt;Half> embeddings = device.Allocate&lt;Half>([512, 64]), hidden = device.Allocate&lt;Half>([3, 64]);
        /// using Tensor&lt;int> tokens = device.Upload([1, 403, 407], [3]);
        /// device.EmbeddingLookup(embeddings, tokens, hidden, NumberFormat.Float16);
        /// </code>
        /// </example>
        public void EmbeddingLookup(
            TensorView<T> table, TensorView<int> indices, TensorView<T> output, NumberFormat<T> format, AcceleratorStream? stream = null)
        {
            device.Check((table, nameof(table)), indices, (output, nameof(output)), format);
            output.CheckDisjoint(nameof(output), table.Footprint, nameof(table));
            output.CheckDisjoint(nameof(output), indices.Footprint, nameof(indices));
            AcceleratorStream target = DeviceChecks.Stream(device, stream);
            if (output.ElementCount == 0)
                return;
            ElementwiseRows rows = Rows(table.Shape, indices.ElementCount);
            rows.X.Row = table.Strides[0];
            rows.Output.Row = rows.Columns;
            ArrayView<byte> stored = table.Data.Cast<byte>();
            Formulas.Of(format, Activation.Identity.Alone).Run(
                new ElementwiseCall(device, target, stored, stored, output.Data.Cast<byte>(), indices.Data), rows);
        }

        /// <summary>tableGradient[indices[…]] += outputGradient[…], the gradient of a lookup: to the row of an index come those of all
        /// tokens that have it, in their order, in twice the precision of fp32, rounded once; so results repeat bit for bit. Queues the
        /// computation.</summary>
        /// <param name="indices">Dense, of any shape; one that is no row of the table adds nothing. Each is compared with all others: of n
        /// tokens n² comparisons, of processors in vectors, of GPUs for each four columns.</param>
        /// <param name="outputGradient">[the indices' shape, columns], dense.</param>
        /// <param name="tableGradient">[rows, columns]; rows that no index names stay as they are. Clear it before the first of the
        /// gradients that are to be added up.</param>
        /// <param name="format">How both gradients are stored.</param>
        /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
        /// <exception cref="ArgumentException">A tensor has a wrong shape, strides that kernels cannot use, is of another device or
        /// overlaps the table's gradient; or there are too many indices.</exception>
        /// <exception cref="ObjectDisposedException">The device or a tensor is disposed.</exception>
        /// <example>
        /// <code>
        /// using Tensor&lt;float> hiddenGradient = device.Allocate&lt;float>([3, 64]);
        /// using Tensor&lt;float> tableGradient = device.Allocate&lt;float>([512, 64]);
        /// using Tensor&lt;int> tokens = device.Upload([1, 403, 407], [3]);
        /// device.EmbeddingGradient(tokens, hiddenGradient, tableGradient, NumberFormat.Float32);
        /// </code>
        /// </example>
        public void EmbeddingGradient(
            TensorView<int> indices, TensorView<T> outputGradient, TensorView<T> tableGradient, NumberFormat<T> format,
            AcceleratorStream? stream = null)
        {
            device.Check((tableGradient, nameof(tableGradient)), indices, (outputGradient, nameof(outputGradient)), format);
            ElementwiseChecks.Count(indices.Shape);
            tableGradient.CheckWritable(nameof(tableGradient));
            tableGradient.CheckDisjoint(nameof(tableGradient), outputGradient.Footprint, nameof(outputGradient));
            tableGradient.CheckDisjoint(nameof(tableGradient), indices.Footprint, nameof(indices));
            AcceleratorStream target = DeviceChecks.Stream(device, stream);
            if (outputGradient.ElementCount == 0 || tableGradient.ElementCount == 0)
                return;
            ElementwiseRows rows = Rows(tableGradient.Shape, indices.ElementCount);
            rows.X.Row = rows.Columns;
            rows.Output.Row = tableGradient.Strides[0];
            ArrayView<byte> added = outputGradient.Data.Cast<byte>();
            Formulas.Of(format, typeof(SumFormula)).AddToTable(
                new ElementwiseCall(device, target, added, added, tableGradient.Data.Cast<byte>(), indices.Data), rows);
        }

        // What a lookup and its gradient ask of a table, of indices, and of the rows that these name.
        private void Check(
            (TensorView<T> View, string Name) table, TensorView<int> indices, (TensorView<T> View, string Name) named,
            NumberFormat<T> format)
        {
            ArgumentNullException.ThrowIfNull(device);
            ArgumentNullException.ThrowIfNull(format);
            TensorChecks.Extents(table.View.Shape, 2, table.Name, "[rows, columns]");
            table.View.CheckInput(device, table.View.Shape, table.Name);
            indices.CheckInput(device, indices.Shape, nameof(indices));
            indices.CheckDense(nameof(indices));
            named.View.CheckInput(device, ElementwiseChecks.Named(indices.Shape, table.View.Shape[1]), named.Name);
            named.View.CheckDense(named.Name);
        }
    }

    private static ElementwiseRows Rows(TensorShape table, long count) =>
        new() { Count = count, Columns = (int)table[1], TableRows = (int)table[0] };
}
