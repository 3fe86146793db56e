using AttentionKernels.Launching;
using AttentionKernels.MicroKernels;
using AttentionKernels.Simd;
using ILGPU.Runtime;

namespace AttentionKernels.Positions.Kernels;

/// <content>The launch.</content>
internal static partial class RotaryModule<TPairs>
{
    /// <summary>Queues the kernel of the device; all is checked.</summary>
    public static void Run(
        AttentionDevice device, TensorView<float> input, RotaryTable table, TensorView<float> output, TokenPositions positions,
        AcceleratorStream stream)
    {
        if (input.ElementCount == 0)
            return;
        var arguments = new RotaryArguments
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
            Heads = (int)input.Shape[2],
            HeadDimension = (int)input.Shape[3],
            RotaryDimension = table.RotaryDimension,
            TablePositions = table.Positions,
        };
        arguments.Tiles = Tiles(device, (int)input.Shape[1], arguments);
        Kernel(device, arguments, input.ElementCount).Run(stream, arguments, arguments.Tiles.Count(input.Shape[0]));
    }

    private static HeadTiles Tiles(AttentionDevice device, int tokens, in RotaryArguments arguments)
    {
        if (!device.IsGpu)
            return new HeadTiles { Tokens = tokens, Heads = 1, Items = 1 };
        return arguments.AreRegular()
            ? RotaryEmbedding<RegularRows>.Tiles(tokens, arguments)
            : RotaryEmbedding<AnyRows>.Tiles(tokens, arguments);
    }

    private static ILoadedTiles<RotaryArguments> Kernel(AttentionDevice device, in RotaryArguments arguments, long elements)
    {
        if (!device.IsGpu)
        {
            return elements * sizeof(float) > NonTemporalStore.LargestCache
                ? device.LoadVectorKernel<RotaryVector<Fp32x4, NonTemporalStore>, RotaryArguments>()
                : device.LoadVectorKernel<RotaryVector<Fp32x4, CachedStore>, RotaryArguments>();
        }

        return arguments.AreRegular()
            ? device.LoadTileKernel<RotaryEmbedding<RegularRows>, RotaryArguments>()
            : device.LoadTileKernel<RotaryEmbedding<AnyRows>, RotaryArguments>();
    }
}
