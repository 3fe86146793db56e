using AttentionKernels.Launching;
using ILGPU;

namespace AttentionKernels.Positions.Kernels;

internal static partial class RotaryModule<TPairs, TPositions>
{
    /// <summary>What the rotary kernels take.</summary>
    internal struct RotaryArguments
    {
        [KernelInput]
        public ArrayView<float> Input;
        public ArrayView<float> Output;
        [KernelInput]
        public ArrayView<float> Cosine;
        [KernelInput]
        public ArrayView<float> Sine;
        [KernelInput]
        public TPositions Positions;
        public long InputBatchStride;
        public long InputTokenStride;
        public long InputHeadStride;
        public long OutputBatchStride;
        public long OutputTokenStride;
        public long OutputHeadStride;

        /// <summary>The heads, as the schedule cuts them.</summary>
        public HeadTiles Tiles;
        public int Heads;
        public int HeadDimension;
        public int RotaryDimension;

        /// <summary>Positions in the table.</summary>
        public int TablePositions;

        /// <summary>Where a tile's head begins in the input.</summary>
        public readonly long InputOffset(in HeadTile tile) =>
            (tile.Batch * InputBatchStride) + (tile.Token * InputTokenStride) + (tile.Head * InputHeadStride);

        /// <summary>Where a tile's head begins in the output.</summary>
        public readonly long OutputOffset(in HeadTile tile) =>
            (tile.Batch * OutputBatchStride) + (tile.Token * OutputTokenStride) + (tile.Head * OutputHeadStride);
    }
}
