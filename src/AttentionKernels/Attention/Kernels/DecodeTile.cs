using AttentionKernels.Attention.Work;
using AttentionKernels.MicroKernels;

namespace AttentionKernels.Attention.Kernels;

internal static partial class AttentionModule<TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector>
{
    /// <summary>
    /// The register tile of a thread of <see cref="SplitKvDecodeSimt{TTile}"/>: eight rows of one output column of each block, one block or
    /// a pair of tiles, so that every value dimension comes from one source and stays in registers, which arrays do not.
    /// </summary>
    internal interface IDecodeTile<TSelf>
        where TSelf : struct, IDecodeTile<TSelf>
    {
        /// <summary>Blocks of columns.</summary>
        static abstract int Blocks { get; }

        /// <summary>The tile times a factor a row.</summary>
        static abstract TSelf Scale(TSelf self, RegisterColumn factors);

        /// <summary>The tile with a token's weighted value accumulated; a negative weight marks a masked key.</summary>
        static abstract TSelf Accumulate(TSelf self, Arguments arguments, long valueRow, float scale, RegisterColumn weights, int column);

        /// <summary>Stores the tile to the workspace.</summary>
        static abstract void Store(TSelf self, Arguments arguments, SimtRows rows, WorkTile tile, int column);
    }

    /// <summary>One block of columns.</summary>
    internal readonly struct DecodeBlock : IDecodeTile<DecodeBlock>
    {
        private readonly RegisterColumn _column;

        private DecodeBlock(RegisterRow upper, RegisterRow lower) => _column = new RegisterColumn(upper, lower);

        public static int Blocks => 1;

        public static DecodeBlock Scale(DecodeBlock self, RegisterColumn factors) =>
            new(Product(self._column.Upper, factors.Upper), Product(self._column.Lower, factors.Lower));

        public static DecodeBlock Accumulate(
            DecodeBlock self, Arguments arguments, long valueRow, float scale, RegisterColumn weights, int column)
        {
            float value = column < arguments.ValueDimension ? scale * arguments.Values.Number(valueRow, column) : 0f;
            return new DecodeBlock(
                AddWeighted(self._column.Upper, weights.Upper, value), AddWeighted(self._column.Lower, weights.Lower, value));
        }

        public static void Store(DecodeBlock self, Arguments arguments, SimtRows rows, WorkTile tile, int column)
        {
            if (column >= arguments.ValueDimension)
                return;
            StoreHalf(self._column.Upper, arguments, rows, tile, column, 0);
            StoreHalf(self._column.Lower, arguments, rows, tile, column, 4);
        }

        private static RegisterRow Product(RegisterRow left, RegisterRow right) =>
            new(left.A * right.A, left.B * right.B, left.C * right.C, left.D * right.D);

        private static RegisterRow AddWeighted(RegisterRow output, RegisterRow weights, float value) => new(
            AddWeighted(output.A, weights.A, value), AddWeighted(output.B, weights.B, value),
            AddWeighted(output.C, weights.C, value), AddWeighted(output.D, weights.D, value));

        private static float AddWeighted(float output, float weight, float value) =>
            weight < 0f ? output : FusedMultiplyAdd.Fma(weight, value, output);

        private static void StoreHalf(RegisterRow half, Arguments arguments, SimtRows rows, WorkTile tile, int column, int row)
        {
            StoreElement(half.A, arguments, rows, tile, column, row);
            StoreElement(half.B, arguments, rows, tile, column, row + 1);
            StoreElement(half.C, arguments, rows, tile, column, row + 2);
            StoreElement(half.D, arguments, rows, tile, column, row + 3);
        }

        private static void StoreElement(float value, Arguments arguments, SimtRows rows, WorkTile tile, int column, int row)
        {
            if (row >= rows.Count)
                return;
            long state = arguments.StateOffset(tile, rows.Query(row), rows.Head(row), tile.State);
            arguments.Workspace[state + column] = value;
        }
    }

    /// <summary>Two tiles side by side.</summary>
    internal readonly struct DecodePair<TTile> : IDecodeTile<DecodePair<TTile>>
        where TTile : struct, IDecodeTile<TTile>
    {
        private readonly TTile _left;
        private readonly TTile _right;

        private DecodePair(TTile left, TTile right)
        {
            _left = left;
            _right = right;
        }

        public static int Blocks => 2 * TTile.Blocks;

        private static int RightColumn => TTile.Blocks * SimtDecode.BlockColumns;

        public static DecodePair<TTile> Scale(DecodePair<TTile> self, RegisterColumn factors) =>
            new(TTile.Scale(self._left, factors), TTile.Scale(self._right, factors));

        public static DecodePair<TTile> Accumulate(
            DecodePair<TTile> self, Arguments arguments, long valueRow, float scale, RegisterColumn weights, int column) => new(
                TTile.Accumulate(self._left, arguments, valueRow, scale, weights, column),
                TTile.Accumulate(self._right, arguments, valueRow, scale, weights, column + RightColumn));

        public static void Store(DecodePair<TTile> self, Arguments arguments, SimtRows rows, WorkTile tile, int column)
        {
            TTile.Store(self._left, arguments, rows, tile, column);
            TTile.Store(self._right, arguments, rows, tile, column + RightColumn);
        }
    }
}
