using AttentionKernels.Launching;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Positions.Kernels;

internal static partial class RotaryModule<TPairs>
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
        public TokenPositions Positions;
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

        /// <summary>Whether all heads, and the table's positions, begin at multiples of four elements and have whole fours of elements and
        /// pairs.</summary>
        public readonly bool AreRegular() =>
            HeadDimension % 4 == 0 && RotaryDimension % 8 == 0 &&
            InputBatchStride % 4 == 0 && InputTokenStride % 4 == 0 && InputHeadStride % 4 == 0 &&
            OutputBatchStride % 4 == 0 && OutputTokenStride % 4 == 0 && OutputHeadStride % 4 == 0 &&
            Input.IsAligned(4) && Output.IsAligned(4) && Cosine.IsAligned(4) && Sine.IsAligned(4);

        /// <summary>Where a tile's head begins in the input.</summary>
        public readonly long InputOffset(in HeadTile tile) =>
            (tile.Batch * InputBatchStride) + (tile.Token * InputTokenStride) + (tile.Head * InputHeadStride);

        /// <summary>Where a tile's head begins in the output.</summary>
        public readonly long OutputOffset(in HeadTile tile) =>
            (tile.Batch * OutputBatchStride) + (tile.Token * OutputTokenStride) + (tile.Head * OutputHeadStride);
    }
}
