using AttentionKernels.Devices;
using AttentionKernels.Positions.Kernels;
using AttentionKernels.Tensors;
using ILGPU.Runtime;

namespace AttentionKernels;

/// <summary>Rotary position embedding on a device.</summary>
public static class RotaryOperations
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
        Check(device, input, table, output, style);
        ArgumentOutOfRangeException.ThrowIfNegative(firstPosition);
        if (firstPosition + input.Shape[1] > table.Positions)
        {
            throw new ArgumentOutOfRangeException(
                nameof(firstPosition),
                firstPosition,
                $"The last of {input.Shape[1]} tokens has the position {firstPosition + input.Shape[1] - 1}; the table has the positions "
                + $"0 to {table.Positions - 1}.");
        }

        // Drivers want real memory, though it is not read.
        var consecutive = new TokenPositions { Values = table.Cosine.View.Data.SubView(0, 0).Cast<int>(), First = firstPosition };
        Run(device, input, table, output, style, consecutive, DeviceChecks.Stream(device, stream));
    }

    /// <summary>As the other overload, with a position for each token.</summary>
    /// <param name="device">The device.</param>
    /// <param name="input">Queries or keys [batch, tokens, heads, headDim]; the outer three strides are free.</param>
    /// <param name="table">The angles; its rotary dimension is at most headDim, and elements beyond it stay as they are.</param>
    /// <param name="output">The result, like the input; may be the input itself.</param>
    /// <param name="style">Which elements make a pair.</param>
    /// <param name="positions">The positions [batch, tokens]; all elements of a token whose position is not in the table become
    /// NaN.</param>
    /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A tensor has a wrong shape, strides that kernels cannot use, or is of another device; or the
    /// input is partly the output.</exception>
    /// <exception cref="ObjectDisposedException">The device, the table or a tensor is disposed.</exception>
    public static void RotaryEmbedding(
        this AttentionDevice device, TensorView<float> input, RotaryTable table, TensorView<float> output, RotaryStyle style,
        TensorView<int> positions, AcceleratorStream? stream = null)
    {
        Check(device, input, table, output, style);
        positions.CheckUsable(device, nameof(positions));
        positions.CheckShape([input.Shape[0], input.Shape[1]], nameof(positions));
        var given = new TokenPositions
        {
            Values = positions.Data,
            BatchStride = positions.Strides[0],
            TokenStride = positions.Strides[1],
            AreGiven = 1,
        };
        Run(device, input, table, output, style, given, DeviceChecks.Stream(device, stream));
    }

    private static void Check(
        AttentionDevice device, TensorView<float> input, RotaryTable table, TensorView<float> output, RotaryStyle style)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(table);
        if (!Enum.IsDefined(style))
            throw new ArgumentOutOfRangeException(nameof(style), style, "The style must be HalfSplit or Interleaved.");
        TensorChecks.Extents(input.Shape, 4, nameof(input), "[batch, tokens, heads, headDim]");
        input.CheckInput(device, input.Shape, nameof(input));
        table.Cosine.View.CheckUsable(device, nameof(table));
        output.CheckOutput(device, input.Shape, nameof(output));
        output.CheckDisjointOrSame(nameof(output), input, nameof(input));
        if (table.RotaryDimension > input.Shape[3])
        {
            throw new ArgumentException(
                $"The table's rotary dimension is {table.RotaryDimension}; it must be at most the head dimension, {input.Shape[3]}.",
                nameof(table));
        }
    }

    private static void Run(
        AttentionDevice device, TensorView<float> input, RotaryTable table, TensorView<float> output, RotaryStyle style,
        TokenPositions positions, AcceleratorStream stream)
    {
        if (style == RotaryStyle.HalfSplit)
            RotaryModule<HalfSplitPairs>.Run(device, input, table, output, positions, stream);
        else
            RotaryModule<InterleavedPairs>.Run(device, input, table, output, positions, stream);
    }
}
