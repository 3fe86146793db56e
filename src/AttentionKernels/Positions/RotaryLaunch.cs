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
        AttentionDevice device, RotaryHeads query, RotaryHeads? key, RotaryTable table, TokenPositions positions, AcceleratorStream stream)
    {
        long elements = query.Input.ElementCount + (key?.Input.ElementCount ?? 0);
        if (elements == 0)
            return;
        var arguments = new RotaryArguments
        {
            Query = RotaryRows.Of(query.Input, query.Output),
            Key = RotaryRows.Of((key ?? query).Input, (key ?? query).Output),
            Cosine = table.Cosine.View.Data,
            Sine = table.Sine.View.Data,
            Positions = positions,
            HeadDimension = (int)query.Input.Shape[3],
            RotaryDimension = table.RotaryDimension,
            TablePositions = table.Positions,
        };
        if (key is null)
            arguments.Key.Heads = 0;
        arguments.Tiles = Tiles(device, (int)query.Input.Shape[1], arguments);
        Kernel(device, arguments, elements).Run(stream, arguments, arguments.Tiles.Count(query.Input.Shape[0]));
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
