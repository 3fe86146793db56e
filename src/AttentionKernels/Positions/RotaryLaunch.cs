using AttentionKernels.Launching;
using AttentionKernels.MicroKernels;
using AttentionKernels.Simd;
using ILGPU.Runtime;

namespace AttentionKernels.Positions.Kernels;

/// <content>The launch.</content>
internal static partial class RotaryModule<TPairs, TPositions>
{
    /// <summary>Queues the kernel of the device; all is checked.</summary>
    public static void Run(
        AttentionDevice device, TensorView<float> input, RotaryTable table, TensorView<float> output, TPositions positions,
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
        int tokens = (int)input.Shape[1];
        if (device.IsGpu)
        {
            arguments.Tiles = RotaryEmbedding.Tiles(tokens, arguments);
            device.LoadTileKernel<RotaryEmbedding, RotaryArguments>().Run(stream, arguments, arguments.Tiles.Count(input.Shape[0]));
            return;
        }

        arguments.Tiles = new HeadTiles { Tokens = tokens, Heads = 1, Items = 1, Length = 1 };

        ILoadedTiles<RotaryArguments> kernel = input.ElementCount * sizeof(float) > NonTemporalStore.LargestCache
            ? device.LoadVectorKernel<RotaryVector<Fp32x4, NonTemporalStore>, RotaryArguments>()
            : device.LoadVectorKernel<RotaryVector<Fp32x4, CachedStore>, RotaryArguments>();
        kernel.Run(stream, arguments, arguments.Tiles.Count(input.Shape[0]));
    }
}
