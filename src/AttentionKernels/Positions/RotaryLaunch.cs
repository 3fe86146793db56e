using System.Runtime.CompilerServices;
using AttentionKernels.Launching;
using AttentionKernels.MicroKernels;
using AttentionKernels.Simd;
using ILGPU.Runtime;

namespace AttentionKernels.Positions.Kernels;

/// <content>The launch.</content>
internal static partial class RotaryModule<TElement, TPairs>
{
    /// <summary>Queues the kernels; all is checked.</summary>
    internal sealed class RotarySet : Rotations
    {
        public override void Load(AttentionDevice device, RotarySize size)
        {
            if (device.IsGpu)
            {
                OnGpu(device, size.IsRegular);
                return;
            }

            OnProcessor(device, isBeyondCaches: false);
            if (IsBeyondCaches(size.Elements))
                OnProcessor(device, isBeyondCaches: true);
        }

        public override void Run(AttentionDevice device, AcceleratorStream stream, in RotaryCall call)
        {
            long elements = call.Query.Shape.ElementCount + (call.Key?.Shape.ElementCount ?? 0);
            if (elements == 0)
                return;
            var arguments = new RotaryArguments
            {
                Query = Rows(call.Query),
                Key = Rows(call.Key ?? call.Query),
                Cosine = call.Table.Cosine.View.Data,
                Sine = call.Table.Sine.View.Data,
                Positions = call.Positions,
                HeadDimension = (int)call.Query.Shape[3],
                RotaryDimension = call.Table.RotaryDimension,
                TablePositions = call.Table.Positions,
            };
            if (call.Key is null)
                arguments.Key.Heads = 0;
            arguments.Tiles = Tiles(device, (int)call.Query.Shape[1], arguments);
            Kernel(device, arguments, elements).Run(stream, arguments, arguments.Tiles.Count(call.Query.Shape[0]));
        }

        private static RotaryRows Rows(in RotatedHeads heads) => new()
        {
            Input = heads.Input.Cast<TElement>(),
            Output = heads.Output.Cast<TElement>(),
            InputBatchStride = heads.InputStrides[0],
            InputTokenStride = heads.InputStrides[1],
            InputHeadStride = heads.InputStrides[2],
            OutputBatchStride = heads.OutputStrides[0],
            OutputTokenStride = heads.OutputStrides[1],
            OutputHeadStride = heads.OutputStrides[2],
            Heads = (int)heads.Shape[2],
        };

        private static HeadTiles Tiles(AttentionDevice device, int tokens, in RotaryArguments arguments)
        {
            if (!device.IsGpu)
                return new HeadTiles { Tokens = tokens, Heads = 1, Items = 1 };
            return arguments.AreRegular()
                ? RotaryEmbedding<RegularRows>.Tiles(tokens, arguments)
                : RotaryEmbedding<AnyRows>.Tiles(tokens, arguments);
        }

        private static ILoadedTiles<RotaryArguments> Kernel(AttentionDevice device, in RotaryArguments arguments, long elements) =>
            device.IsGpu ? OnGpu(device, arguments.AreRegular()) : OnProcessor(device, IsBeyondCaches(elements));

        private static ILoadedTiles<RotaryArguments> OnGpu(AttentionDevice device, bool isRegular) => isRegular
            ? device.LoadTileKernel<RotaryEmbedding<RegularRows>, RotaryArguments>()
            : device.LoadTileKernel<RotaryEmbedding<AnyRows>, RotaryArguments>();

        private static ILoadedTiles<RotaryArguments> OnProcessor(AttentionDevice device, bool isBeyondCaches) => isBeyondCaches
            ? device.LoadVectorKernel<RotaryVector<Fp32x4, NonTemporalStore>, RotaryArguments>()
            : device.LoadVectorKernel<RotaryVector<Fp32x4, CachedStore>, RotaryArguments>();

        private static bool IsBeyondCaches(long elements) => elements * Unsafe.SizeOf<TElement>() > NonTemporalStore.LargestCache;
    }
}
