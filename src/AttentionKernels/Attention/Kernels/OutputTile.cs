namespace AttentionKernels.Attention.Kernels;

internal static partial class AttentionModule<TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector>
{
    /// <summary>
    /// The register tile of a thread of <see cref="TiledAttentionSimt{TTile}"/> over all blocks of output columns: one block, or a pair of
    /// tiles, so that every head dimension comes from one source and stays in registers, which arrays do not.
    /// </summary>
    internal interface IOutputTile<TSelf>
        where TSelf : struct, IOutputTile<TSelf>
    {
        /// <summary>Blocks of columns.</summary>
        static abstract int Blocks { get; }

        /// <summary>The tile times a factor a row, with the weighted values of a key tile accumulated, block by block.</summary>
        static abstract TSelf Accumulate(
            TSelf self, Arguments arguments, SimtMemory memory, SimtRows rows, SimtKeys keys, RegisterRow factors, int firstBlock);

        /// <summary>Stores the tile times a factor a row.</summary>
        static abstract void Store(TSelf self, Arguments arguments, SimtRows rows, RegisterRow factors, int firstBlock);
    }

    /// <summary>One block of columns.</summary>
    internal readonly struct OutputBlock : IOutputTile<OutputBlock>
    {
        private readonly RegisterTile _tile;

        private OutputBlock(RegisterTile tile) => _tile = tile;

        public static int Blocks => 1;

        public static OutputBlock Accumulate(
            OutputBlock self, Arguments arguments, SimtMemory memory, SimtRows rows, SimtKeys keys, RegisterRow factors, int firstBlock) =>
            new(SimtTile.Accumulate(self._tile.Scale(factors), arguments, memory, rows, keys, firstBlock));

        public static void Store(OutputBlock self, Arguments arguments, SimtRows rows, RegisterRow factors, int firstBlock) =>
            SimtTile.Store(self._tile.Scale(factors), arguments, rows, firstBlock);
    }

    /// <summary>Two tiles side by side.</summary>
    internal readonly struct OutputPair<TTile> : IOutputTile<OutputPair<TTile>>
        where TTile : struct, IOutputTile<TTile>
    {
        private readonly TTile _left;
        private readonly TTile _right;

        private OutputPair(TTile left, TTile right)
        {
            _left = left;
            _right = right;
        }

        public static int Blocks => 2 * TTile.Blocks;

        public static OutputPair<TTile> Accumulate(
            OutputPair<TTile> self, Arguments arguments, SimtMemory memory, SimtRows rows, SimtKeys keys, RegisterRow factors,
            int firstBlock) => new(
                TTile.Accumulate(self._left, arguments, memory, rows, keys, factors, firstBlock),
                TTile.Accumulate(self._right, arguments, memory, rows, keys, factors, firstBlock + TTile.Blocks));

        public static void Store(OutputPair<TTile> self, Arguments arguments, SimtRows rows, RegisterRow factors, int firstBlock)
        {
            TTile.Store(self._left, arguments, rows, factors, firstBlock);
            TTile.Store(self._right, arguments, rows, factors, firstBlock + TTile.Blocks);
        }
    }
}
