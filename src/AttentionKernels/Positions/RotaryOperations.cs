using AttentionKernels.Devices;
using AttentionKernels.Positions;
using AttentionKernels.Positions.Kernels;
using ILGPU.Runtime;

namespace AttentionKernels;

/// <summary>Rotary position embedding on a device.</summary>
public static partial class RotaryOperations
{
    /// <summary>
    /// (a, b) → (a·cos − b·sin, a·sin + b·cos) for each pair of each head, where token t of every sequence has the position
    /// <paramref name="firstPosition"/> + t. Queues the computation.
    /// </summary>
    /// <param name="device">The device.</param>
    /// <param name="input">Queries or keys [batch, tokens, heads, headDim]; the outer three strides are free.</param>
    /// <param name="table">The angles; its rotary dimension is at most headDim, and elements beyond it stay as they are.</param>
    /// <param name="output">The result, like the input; may be the input itself.</param>
    /// <param name="style">Which elements make a pair.</param>
    /// <param name="firstPosition">The position of the first token.</param>
    /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A tensor has a wrong shape, strides that kernels cannot use, or is of another device; or the
    /// input is partly the output.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A position is not in the table.</exception>
    /// <exception cref="ObjectDisposedException">The device, the table or a tensor is disposed.</exception>
    public static void RotaryEmbedding(
        this AttentionDevice device, TensorView<float> input, RotaryTable table, TensorView<float> output, RotaryStyle style,
        int firstPosition = 0, AcceleratorStream? stream = null) =>
        device.RotaryEmbedding(input, table, output, style, NumberFormat.Float32, firstPosition, stream);

    /// <summary>As the other overload, with a position for each token, or for the first token of each sequence.</summary>
    /// <param name="device">The device.</param>
    /// <param name="input">Queries or keys [batch, tokens, heads, headDim]; the outer three strides are free.</param>
    /// <param name="table">The angles; its rotary dimension is at most headDim, and elements beyond it stay as they are.</param>
    /// <param name="output">The result, like the input; may be the input itself.</param>
    /// <param name="style">Which elements make a pair.</param>
    /// <param name="positions">The positions [batch, tokens], or those of the first tokens [batch], from which on they count up; all
    /// elements of a token whose position is not in the table become NaN.</param>
    /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A tensor has a wrong shape, strides that kernels cannot use, or is of another device; or the
    /// input is partly the output.</exception>
    /// <exception cref="ObjectDisposedException">The device, the table or a tensor is disposed.</exception>
    public static void RotaryEmbedding(
        this AttentionDevice device, TensorView<float> input, RotaryTable table, TensorView<float> output, RotaryStyle style,
        TensorView<int> positions, AcceleratorStream? stream = null) =>
        device.RotaryEmbedding(input, table, output, style, NumberFormat.Float32, positions, stream);

    /// <summary>As the first overload, of queries and keys in one launch.</summary>
    /// <param name="device">The device.</param>
    /// <param name="query">The queries, with as many heads as they have.</param>
    /// <param name="key">The keys, of as many sequences, tokens and elements of a head, with as many heads as they have.</param>
    /// <param name="table">The angles; its rotary dimension is at most headDim, and elements beyond it stay as they are.</param>
    /// <param name="style">Which elements make a pair.</param>
    /// <param name="firstPosition">The position of the first token.</param>
    /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A tensor has a wrong shape, strides that kernels cannot use, or is of another device; or an
    /// output overlaps another tensor than its own input, or is partly that.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A position is not in the table.</exception>
    /// <exception cref="ObjectDisposedException">The device, the table or a tensor is disposed.</exception>
    /// <example>
    /// <code>
    /// using var table = new RotaryTable(device, positions: 1024, rotaryDimension: 64);
    /// using Tensor&lt;float> query = device.Allocate&lt;float>([1, 3, 8, 64]), key = device.Allocate&lt;float>([1, 3, 2, 64]);
    /// device.RotaryEmbedding(
    ///     new RotaryHeads&lt;float>(query), new RotaryHeads&lt;float>(key), table, RotaryStyle.HalfSplit, firstPosition: 5);
    /// </code>
    /// </example>
    public static void RotaryEmbedding(
        this AttentionDevice device, RotaryHeads<float> query, RotaryHeads<float> key, RotaryTable table, RotaryStyle style,
        int firstPosition = 0, AcceleratorStream? stream = null) =>
        device.RotaryEmbedding(query, key, table, style, NumberFormat.Float32, firstPosition, stream);

    /// <summary>As the overload before, with a position for each token, or for the first token of each sequence.</summary>
    /// <param name="device">The device.</param>
    /// <param name="query">The queries, with as many heads as they have.</param>
    /// <param name="key">The keys, of as many sequences, tokens and elements of a head, with as many heads as they have.</param>
    /// <param name="table">The angles; its rotary dimension is at most headDim, and elements beyond it stay as they are.</param>
    /// <param name="style">Which elements make a pair.</param>
    /// <param name="positions">The positions [batch, tokens], or those of the first tokens [batch], from which on they count up; all
    /// elements of a token whose position is not in the table become NaN.</param>
    /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A tensor has a wrong shape, strides that kernels cannot use, or is of another device; or an
    /// output overlaps another tensor than its own input, or is partly that.</exception>
    /// <exception cref="ObjectDisposedException">The device, the table or a tensor is disposed.</exception>
    public static void RotaryEmbedding(
        this AttentionDevice device, RotaryHeads<float> query, RotaryHeads<float> key, RotaryTable table, RotaryStyle style,
        TensorView<int> positions, AcceleratorStream? stream = null) =>
        device.RotaryEmbedding(query, key, table, style, NumberFormat.Float32, positions, stream);

    /// <typeparam name="T">The type of elements.</typeparam>
    /// <param name="device">The device.</param>
    extension<T>(AttentionDevice device)
        where T : unmanaged
    {
        /// <summary>As the other overload, of heads of any format, computed in fp32 and rounded once.</summary>
        /// <param name="input">Queries or keys [batch, tokens, heads, headDim]; the outer three strides are free.</param>
        /// <param name="table">The angles.</param>
        /// <param name="output">The result, like the input; may be the input itself.</param>
        /// <param name="style">Which elements make a pair.</param>
        /// <param name="format">How heads are stored.</param>
        /// <param name="firstPosition">The position of the first token.</param>
        /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
        /// <inheritdoc cref="RotaryEmbedding(AttentionDevice, TensorView{float}, RotaryTable, TensorView{float}, RotaryStyle, int,
        /// AcceleratorStream)"/>
        public void RotaryEmbedding(
            TensorView<T> input, RotaryTable table, TensorView<T> output, RotaryStyle style, NumberFormat<T> format,
            int firstPosition = 0, AcceleratorStream? stream = null)
        {
            RotatedHeads heads = device.CheckedHeads(new RotaryHeads<T>(input, output), table, style, format, "input", "output");
            Run(device, format, style, new RotaryCall(heads, null, table, Consecutive(table, firstPosition, heads.Shape)), stream);
        }

        /// <summary>As the overload before, with a position for each token, or for the first token of each sequence.</summary>
        /// <param name="input">Queries or keys [batch, tokens, heads, headDim]; the outer three strides are free.</param>
        /// <param name="table">The angles.</param>
        /// <param name="output">The result, like the input; may be the input itself.</param>
        /// <param name="style">Which elements make a pair.</param>
        /// <param name="format">How heads are stored.</param>
        /// <param name="positions">The positions [batch, tokens], or those of the first tokens [batch].</param>
        /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
        /// <inheritdoc cref="RotaryEmbedding(AttentionDevice, TensorView{float}, RotaryTable, TensorView{float}, RotaryStyle,
        /// TensorView{int}, AcceleratorStream)"/>
        public void RotaryEmbedding(
            TensorView<T> input, RotaryTable table, TensorView<T> output, RotaryStyle style, NumberFormat<T> format,
            TensorView<int> positions, AcceleratorStream? stream = null)
        {
            RotatedHeads heads = device.CheckedHeads(new RotaryHeads<T>(input, output), table, style, format, "input", "output");
            Run(device, format, style, new RotaryCall(heads, null, table, Given(device, positions, heads.Shape)), stream);
        }

        /// <summary>As the first overload, of queries and keys in one launch.</summary>
        /// <param name="query">The queries, with as many heads as they have.</param>
        /// <param name="key">The keys, of as many sequences, tokens and elements of a head, with as many heads as they have.</param>
        /// <param name="table">The angles.</param>
        /// <param name="style">Which elements make a pair.</param>
        /// <param name="format">How heads are stored.</param>
        /// <param name="firstPosition">The position of the first token.</param>
        /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
        /// <inheritdoc cref="RotaryEmbedding(AttentionDevice, RotaryHeads{float}, RotaryHeads{float}, RotaryTable, RotaryStyle, int,
        /// AcceleratorStream)"/>
        public void RotaryEmbedding(
            RotaryHeads<T> query, RotaryHeads<T> key, RotaryTable table, RotaryStyle style, NumberFormat<T> format,
            int firstPosition = 0, AcceleratorStream? stream = null)
        {
            RotatedHeads heads = device.CheckedHeads(query, table, style, format, nameof(query), "query.Output");
            query.CheckKey(device, table, key);
            Run(device, format, style, new RotaryCall(heads, key.Rows, table, Consecutive(table, firstPosition, heads.Shape)), stream);
        }

        /// <summary>As the overload before, with a position for each token, or for the first token of each sequence.</summary>
        /// <param name="query">The queries, with as many heads as they have.</param>
        /// <param name="key">The keys, of as many sequences, tokens and elements of a head, with as many heads as they have.</param>
        /// <param name="table">The angles.</param>
        /// <param name="style">Which elements make a pair.</param>
        /// <param name="format">How heads are stored.</param>
        /// <param name="positions">The positions [batch, tokens], or those of the first tokens [batch].</param>
        /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
        /// <inheritdoc cref="RotaryEmbedding(AttentionDevice, RotaryHeads{float}, RotaryHeads{float}, RotaryTable, RotaryStyle,
        /// TensorView{int}, AcceleratorStream)"/>
        public void RotaryEmbedding(
            RotaryHeads<T> query, RotaryHeads<T> key, RotaryTable table, RotaryStyle style, NumberFormat<T> format,
            TensorView<int> positions, AcceleratorStream? stream = null)
        {
            RotatedHeads heads = device.CheckedHeads(query, table, style, format, nameof(query), "query.Output");
            query.CheckKey(device, table, key);
            Run(device, format, style, new RotaryCall(heads, key.Rows, table, Given(device, positions, heads.Shape)), stream);
        }

        /// <summary>Makes rotary embedding ready for heads of a size: compiles its kernels.</summary>
        /// <param name="query">Queries [batch, tokens, heads, headDim], with the largest batch, tokens and heads of a run.</param>
        /// <param name="keyHeads">The most heads of keys that are rotated in the same launch; 0 where there are none.</param>
        /// <param name="table">The angles, which the plan uses; its rotary dimension is at most headDim.</param>
        /// <param name="style">Which elements make a pair.</param>
        /// <param name="format">How heads are stored.</param>
        /// <returns>The plan.</returns>
        /// <exception cref="ArgumentException">A number is out of range, or the table is of another device.</exception>
        /// <exception cref="ObjectDisposedException">The device or the table is disposed.</exception>
        /// <example>
        /// <code>
        /// using var table = new RotaryTable(device, positions: 1024, rotaryDimension: 64);
        /// using Tensor&lt;Half> query = device.Allocate&lt;Half>([1, 3, 8, 64]), key = device.Allocate&lt;Half>([1, 3, 2, 64]);
        /// RotaryPlan&lt;Half> plan = device.PlanRotaryEmbedding(query.Shape, 2, table, RotaryStyle.HalfSplit, NumberFormat.Float16);
        /// plan.Run(new RotaryHeads&lt;Half>(query), new RotaryHeads&lt;Half>(key), firstPosition: 5);
        /// </code>
        /// </example>
        public RotaryPlan<T> PlanRotaryEmbedding(
            TensorShape query, int keyHeads, RotaryTable table, RotaryStyle style, NumberFormat<T> format)
        {
            device.CheckChoices(table, style, format);
            device.ThrowIfDisposed();
            table.Cosine.View.CheckUsable(device, nameof(table));
            return new RotaryPlan<T>(device, RotarySize.Of(query, keyHeads, table.RotaryDimension), table, style, format);
        }

        private void CheckChoices(RotaryTable table, RotaryStyle style, NumberFormat<T> format)
        {
            ArgumentNullException.ThrowIfNull(device);
            ArgumentNullException.ThrowIfNull(table);
            ArgumentNullException.ThrowIfNull(format);
            if (!Enum.IsDefined(style))
                throw new ArgumentOutOfRangeException(nameof(style), style, "The style must be HalfSplit or Interleaved.");
        }

        private RotatedHeads CheckedHeads(
            RotaryHeads<T> heads, RotaryTable table, RotaryStyle style, NumberFormat<T> format, string inputName, string outputName)
        {
            device.CheckChoices(table, style, format);
            heads.Check(device, table, inputName, outputName);
            return heads.Rows;
        }
    }

    private static TokenPositions Consecutive(RotaryTable table, int firstPosition, TensorShape shape)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstPosition);
        if (firstPosition + shape[1] > table.Positions)
        {
            throw new ArgumentOutOfRangeException(
                nameof(firstPosition),
                firstPosition,
                $"The last of {shape[1]} tokens has the position {firstPosition + shape[1] - 1}; the table has the positions "
                + $"0 to {table.Positions - 1}.");
        }

        // Drivers want real memory, though it is not read.
        return new TokenPositions { Values = table.Cosine.View.Data.SubView(0, 0).Cast<int>(), First = firstPosition, Step = 1 };
    }

    private static TokenPositions Given(AttentionDevice device, TensorView<int> positions, TensorShape shape)
    {
        positions.CheckUsable(device, nameof(positions));
        bool areFirst = positions.Shape.Rank == 1;
        positions.CheckShape(areFirst ? [shape[0]] : [shape[0], shape[1]], nameof(positions));
        return new TokenPositions
        {
            Values = positions.Data,
            BatchStride = positions.Strides[0],
            TokenStride = areFirst ? 0 : positions.Strides[1],
            Step = areFirst ? 1 : 0,
            AreGiven = 1,
        };
    }

    private static void Run(
        AttentionDevice device, NumberFormat format, RotaryStyle style, in RotaryCall call, AcceleratorStream? stream)
    {
        Rotations.Of(format, style).Run(device, DeviceChecks.Stream(device, stream), call);
        TensorShape shape = call.Query.Shape;
        if (device.Trace is not { } trace || shape.ElementCount == 0)
            return;
        string operation = style == RotaryStyle.HalfSplit ? "rotary-half-split" : "rotary-interleaved";
        trace.Add(new TracedShape(operation, shape[0] * shape[1], shape[3], format.Word)
        {
            Heads = (int)(shape[2] + (call.Key?.Shape[2] ?? 0)),
            IsMeasured = format == NumberFormat.Float32,
        });
    }
}
