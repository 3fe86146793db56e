using AttentionKernels.Devices;
using AttentionKernels.MicroKernels;
using AttentionKernels.Positions.Kernels;
using AttentionKernels.Simd;
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

        Run(device, input, table, output, style, new ConsecutivePositions { First = firstPosition }, DeviceChecks.Stream(device, stream));
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
        var given = new GivenPositions
        {
            Values = positions.Data,
            BatchStride = positions.Strides[0],
            TokenStride = positions.Strides[1],
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

    private static void Run<TPositions>(
        AttentionDevice device, TensorView<float> input, RotaryTable table, TensorView<float> output, RotaryStyle style,
        TPositions positions, AcceleratorStream stream)
        where TPositions : struct, ITokenPositions<TPositions>
    {
        var arguments = new RotaryArguments<TPositions>
        {
            Input = input.Data,
            Output = output.Data,
            Cosine = table.Cosine.View.Data,
            Sine = table.Sine.View.Data,
            Positions = positions,
            InputBatchStride = input.Strides[0],
            InputTokenStride = input.Strides[1],
            InputHeadStride = input.Strides[2],
            OutputBatchStride = output.Strides[0],
            OutputTokenStride = output.Strides[1],
            OutputHeadStride = output.Strides[2],
            Tokens = (int)input.Shape[1],
            Heads = (int)input.Shape[2],
            HeadDimension = (int)input.Shape[3],
            RotaryDimension = table.RotaryDimension,
            TablePositions = table.Positions,
        };
        if (input.ElementCount == 0)
            return;
        if (style == RotaryStyle.HalfSplit)
            Run<HalfSplitPairs, TPositions>(device, arguments, input.Shape, stream);
        else
            Run<InterleavedPairs, TPositions>(device, arguments, input.Shape, stream);
    }

    private static void Run<TPairs, TPositions>(
        AttentionDevice device, RotaryArguments<TPositions> arguments, TensorShape shape, AcceleratorStream stream)
        where TPairs : struct, IRotaryPairs
        where TPositions : struct, ITokenPositions<TPositions>
    {
        if (device.IsGpu)
        {
            int items = RotaryEmbedding<TPairs, TPositions>.Items(arguments.HeadDimension, arguments.RotaryDimension);
            device.LoadTileKernel<RotaryEmbedding<TPairs, TPositions>, RotaryArguments<TPositions>>()
                .Run(stream, arguments, shape[0] * shape[1] * shape[2] * items);
            return;
        }

        var run = new VectorRun<TPairs, TPositions>(
            device, arguments, shape[0] * shape[1], shape.ElementCount * sizeof(float) > NonTemporalStore.LargestCache, stream);
        Vectors.Invoke(device.Description.VectorLanes, ref run);
    }

    private readonly struct VectorRun<TPairs, TPositions>(
        AttentionDevice device, RotaryArguments<TPositions> arguments, long tokens, bool streams, AcceleratorStream stream)
        : IVectorAction
        where TPairs : struct, IRotaryPairs
        where TPositions : struct, ITokenPositions<TPositions>
    {
        void IVectorAction.Invoke<TVector>()
        {
            if (streams)
            {
                device.LoadTileKernel<RotaryVector<TPairs, TPositions, TVector, NonTemporalStore>, RotaryArguments<TPositions>>()
                    .Run(stream, arguments, tokens);
            }
            else
            {
                device.LoadTileKernel<RotaryVector<TPairs, TPositions, TVector, CachedStore>, RotaryArguments<TPositions>>()
                    .Run(stream, arguments, tokens);
            }
        }
    }
}
