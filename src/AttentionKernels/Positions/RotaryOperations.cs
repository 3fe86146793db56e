using AttentionKernels.Devices;
using AttentionKernels.Positions.Kernels;
using AttentionKernels.Tensors;
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
        int firstPosition = 0, AcceleratorStream? stream = null)
    {
        CheckHeads(device, new RotaryHeads(input, output), table, style);
        TokenPositions positions = Consecutive(table, firstPosition, input.Shape);
        Run(device, style, new RotaryHeads(input, output), null, table, positions, stream);
    }

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
        TensorView<int> positions, AcceleratorStream? stream = null)
    {
        CheckHeads(device, new RotaryHeads(input, output), table, style);
        Run(device, style, new RotaryHeads(input, output), null, table, Given(device, positions, input.Shape), stream);
    }

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
    /// device.RotaryEmbedding(new RotaryHeads(query), new RotaryHeads(key), table, RotaryStyle.HalfSplit, firstPosition: 5);
    /// </code>
    /// </example>
    public static void RotaryEmbedding(
        this AttentionDevice device, RotaryHeads query, RotaryHeads key, RotaryTable table, RotaryStyle style, int firstPosition = 0,
        AcceleratorStream? stream = null)
    {
        CheckHeads(device, query, key, table, style);
        Run(device, style, query, key, table, Consecutive(table, firstPosition, query.Input.Shape), stream);
    }

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
        this AttentionDevice device, RotaryHeads query, RotaryHeads key, RotaryTable table, RotaryStyle style,
        TensorView<int> positions, AcceleratorStream? stream = null)
    {
        CheckHeads(device, query, key, table, style);
        Run(device, style, query, key, table, Given(device, positions, query.Input.Shape), stream);
    }

    private static void CheckHeads(AttentionDevice device, RotaryHeads heads, RotaryTable table, RotaryStyle style)
    {
        CheckTable(device, table, style);
        heads.Check(device, table, "input", "output");
    }

    private static void CheckHeads(AttentionDevice device, RotaryHeads query, RotaryHeads key, RotaryTable table, RotaryStyle style)
    {
        CheckTable(device, table, style);
        query.Check(device, table, nameof(query), "query.Output");
        TensorChecks.Extents(key.Input.Shape, 4, nameof(key), "[batch, tokens, heads, headDim]");
        TensorShape wanted = query.Input.Shape.With(2, key.Input.Shape[2]);
        key.Input.CheckShape(wanted, nameof(key));
        key.Check(device, table, nameof(key), "key.Output");
        query.Output.CheckDisjoint("query.Output", key.Input.Footprint, "key.Input");
        query.Output.CheckDisjoint("query.Output", key.Output.Footprint, "key.Output");
        key.Output.CheckDisjoint("key.Output", query.Input.Footprint, "query.Input");
    }

    private static void CheckTable(AttentionDevice device, RotaryTable table, RotaryStyle style)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(table);
        if (!Enum.IsDefined(style))
            throw new ArgumentOutOfRangeException(nameof(style), style, "The style must be HalfSplit or Interleaved.");
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
        AttentionDevice device, RotaryStyle style, RotaryHeads query, RotaryHeads? key, RotaryTable table, TokenPositions positions,
        AcceleratorStream? stream)
    {
        AcceleratorStream target = DeviceChecks.Stream(device, stream);
        if (style == RotaryStyle.HalfSplit)
            RotaryModule<HalfSplitPairs>.Run(device, query, key, table, positions, target);
        else
            RotaryModule<InterleavedPairs>.Run(device, query, key, table, positions, target);
    }
}
