using AttentionKernels.Launching;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Positions.Kernels;

internal static partial class RotaryModule<TElement, TPairs>
{
    /// <summary>What the rotary kernels take.</summary>
    internal struct RotaryArguments
    {
        public RotaryRows Query;

        /// <summary>A second tensor of as many tokens; without heads where there is none.</summary>
        public RotaryRows Key;
        [KernelInput]
        public ArrayView<float> Cosine;
        [KernelInput]
        public ArrayView<float> Sine;
        [KernelInput]
        public TokenPositions Positions;

        /// <summary>The heads of both, as the schedule cuts them.</summary>
        public HeadTiles Tiles;
        public int HeadDimension;
        public int RotaryDimension;

        /// <summary>Positions in the table.</summary>
        public int TablePositions;

        /// <summary>Whether all heads, and the table's positions, begin at multiples of four elements and have whole fours of elements and
        /// pairs.</summary>
        public readonly bool AreRegular() =>
            HeadDimension % 4 == 0 && RotaryDimension % 8 == 0 && Query.AreAligned() && Key.AreAligned() &&
            Cosine.IsAligned(4) && Sine.IsAligned(4);

        /// <summary>Whether the table has the position.</summary>
        public readonly bool Has(int position) => position >= 0 && position < TablePositions;
    }
}
