using AttentionKernels.Attention.Work;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

internal static partial class AttentionModule<TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector>
{
    internal static partial class TiledSimt<TAccess>
    {
        /// <summary>A thread's register tile over the blocks of columns of a work group, one or two.</summary>
        internal interface IOutputTile<TSelf>
            where TSelf : struct, IOutputTile<TSelf>
        {
            /// <summary>Output columns of a work group.</summary>
            static abstract int Columns { get; }

            /// <summary>The tile times a factor a row, with the weighted values of a key tile accumulated, block by block.</summary>
            static abstract TSelf Accumulate(TSelf self, Arguments arguments, SimtMemory memory, SimtKeys keys, int firstColumn);

            /// <summary>Stores the tile times a factor a row.</summary>
            static abstract void Store(
                TSelf self, Arguments arguments, SimtMemory memory, WorkTile tile, SimtRows rows, int firstColumn);
        }

        /// <summary>One block of columns.</summary>
        internal readonly struct OutputBlock : IOutputTile<OutputBlock>
        {
            private readonly TallTile _tile;

            private OutputBlock(TallTile tile) => _tile = tile;

            public static int Columns => BlockColumns;

            public static OutputBlock Accumulate(
                OutputBlock self, Arguments arguments, SimtMemory memory, SimtKeys keys, int firstColumn) =>
                new(TiledSimt<TAccess>.Accumulate(self._tile.Scale(Factors(memory)), arguments, memory, keys, firstColumn));

            public static void Store(
                OutputBlock self, Arguments arguments, SimtMemory memory, WorkTile tile, SimtRows rows, int firstColumn) =>
                TiledSimt<TAccess>.Store(self._tile.Scale(Factors(memory)), arguments, memory, tile, rows, firstColumn);
        }

        /// <summary>Two blocks side by side.</summary>
        internal readonly struct OutputPair : IOutputTile<OutputPair>
        {
            private readonly OutputBlock _left;
            private readonly OutputBlock _right;

            private OutputPair(OutputBlock left, OutputBlock right)
            {
                _left = left;
                _right = right;
            }

            public static int Columns => 2 * BlockColumns;

            public static OutputPair Accumulate(
                OutputPair self, Arguments arguments, SimtMemory memory, SimtKeys keys, int firstColumn) => new(
                    OutputBlock.Accumulate(self._left, arguments, memory, keys, firstColumn),
                    OutputBlock.Accumulate(self._right, arguments, memory, keys, firstColumn + BlockColumns));

            public static void Store(
                OutputPair self, Arguments arguments, SimtMemory memory, WorkTile tile, SimtRows rows, int firstColumn)
            {
                OutputBlock.Store(self._left, arguments, memory, tile, rows, firstColumn);
                Group.Barrier();
                OutputBlock.Store(self._right, arguments, memory, tile, rows, firstColumn + BlockColumns);
            }
        }
    }
}
