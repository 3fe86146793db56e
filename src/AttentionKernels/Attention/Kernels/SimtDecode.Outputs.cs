using AttentionKernels.Attention.State;
using AttentionKernels.Attention.Work;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

internal static partial class AttentionModule<TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector>
{
    internal static partial class SimtDecode<TAccess, TTile>
    {
        /// <summary>A thread's outputs: one block of columns or a pair of tiles, so that every value dimension comes from one source and
        /// stays in registers.</summary>
        internal interface IOutputTile<TSelf>
        {
            /// <summary>Columns of a work group.</summary>
            static abstract int Columns { get; }

            /// <summary>The outputs times a factor a row, with the weighted values of a key tile accumulated, block by block.</summary>
            static abstract TSelf Accumulate(TSelf self, Arguments arguments, DecodeMemory memory, SimtKeys keys, int firstColumn);

            /// <summary>Stores the outputs to the workspace.</summary>
            static abstract void Store(
                TSelf self, Arguments arguments, DecodeMemory memory, WorkTile tile, SimtRows rows, int firstColumn);
        }

        /// <summary>One block of columns.</summary>
        internal readonly struct OutputBlock : IOutputTile<OutputBlock>
        {
            private readonly TTile _tile;

            private OutputBlock(TTile tile) => _tile = tile;

            public static int Columns => TileSizes.SimtDecodeColumns;

            public static OutputBlock Accumulate(
                OutputBlock self, Arguments arguments, DecodeMemory memory, SimtKeys keys, int firstColumn) => new(
                    SimtDecode<TAccess, TTile>.Accumulate(TTile.Scale(self._tile, memory.Factors), arguments, memory, keys, firstColumn));

            public static void Store(
                OutputBlock self, Arguments arguments, DecodeMemory memory, WorkTile tile, SimtRows rows, int firstColumn) =>
                SimtDecode<TAccess, TTile>.Store(self._tile, arguments, memory, tile, rows, firstColumn);
        }

        /// <summary>Two tiles side by side.</summary>
        internal readonly struct OutputPair<TOutput> : IOutputTile<OutputPair<TOutput>>
            where TOutput : struct, IOutputTile<TOutput>
        {
            private readonly TOutput _left;
            private readonly TOutput _right;

            private OutputPair(TOutput left, TOutput right)
            {
                _left = left;
                _right = right;
            }

            public static int Columns => 2 * TOutput.Columns;

            public static OutputPair<TOutput> Accumulate(
                OutputPair<TOutput> self, Arguments arguments, DecodeMemory memory, SimtKeys keys, int firstColumn) => new(
                    TOutput.Accumulate(self._left, arguments, memory, keys, firstColumn),
                    TOutput.Accumulate(self._right, arguments, memory, keys, firstColumn + TOutput.Columns));

            public static void Store(
                OutputPair<TOutput> self, Arguments arguments, DecodeMemory memory, WorkTile tile, SimtRows rows, int firstColumn)
            {
                TOutput.Store(self._left, arguments, memory, tile, rows, firstColumn);
                Group.Barrier();
                TOutput.Store(self._right, arguments, memory, tile, rows, firstColumn + TOutput.Columns);
            }
        }

        // Adds up the threads' sums, and stores the rows' states to the workspace.
        private static void StoreStates(RowSums sums, Arguments arguments, DecodeMemory memory, WorkTile tile, SimtRows rows)
        {
            int row = Group.IdxX;
            Group.Barrier();
            TTile.StoreSums(sums.Tile, memory.Weights.Cast<float>().SubView(Group.IdxX));
            Group.Barrier();
            if (row >= Math.Min(TTile.Rows, rows.Count))
                return;
            RegisterRow sum = default;
            for (int four = 0; four < Keys / 4; four++)
                sum = sum.Add(memory.Weights[(row * WeightFours) + four]);
            arguments.StoreState(tile, rows.Query(row), rows.Head(row), new SoftmaxState(sums.Maximum, sum.Sum()));
        }

        // Adds up what the parts of the work group have of a block of columns, in their order, through shared memory, and stores it to the
        // workspace. The panel, where they meet, is read no more.
        private static void Store(
            TTile output, Arguments arguments, DecodeMemory memory, WorkTile tile, SimtRows rows, int firstColumn)
        {
            TTile.Store(output, memory.Panel.SubView((Part * TTile.Rows * ColumnFours) + Column));
            Group.Barrier();
            int column = firstColumn + (4 * Column);
            int end = column < arguments.ValueDimension ? Math.Min(TTile.Rows, rows.Count) : 0;
            for (int row = Part; row < end; row += Parts)
            {
                ArrayView<RegisterRow> parts = memory.Panel.SubView((row * ColumnFours) + Column);
                RegisterRow sums = parts[0];
                for (int part = 1; part < Parts; part++)
                    sums = sums.Add(parts[part * TTile.Rows * ColumnFours]);
                Store(sums, arguments, tile, rows, row, column);
            }
        }

        /// <summary>Stores four columns of a row, or those of them that there are, to the workspace.</summary>
        internal static void Store(RegisterRow sums, Arguments arguments, WorkTile tile, SimtRows rows, int row, int column)
        {
            long offset = arguments.StateOffset(tile, rows.Query(row), rows.Head(row), tile.State) + column;
            if (TAccess.IsRegular)
                arguments.Workspace.Cast<RegisterRow>()[offset >> 2] = sums;
            else
            {
                arguments.Workspace[offset] = sums.A;
                if (column + 1 < arguments.ValueDimension)
                    arguments.Workspace[offset + 1] = sums.B;
                if (column + 2 < arguments.ValueDimension)
                    arguments.Workspace[offset + 2] = sums.C;
                if (column + 3 < arguments.ValueDimension)
                    arguments.Workspace[offset + 3] = sums.D;
            }

            // A masked key's value that is not finite makes NaN of its weight of 0.
            for (int place = 0; float.IsNaN(sums.Sum()) && place < Math.Min(4, arguments.ValueDimension - column); place++)
            {
                if (float.IsNaN(arguments.Workspace[offset + place]))
                    arguments.Workspace[offset + place] = arguments.OutputOf(tile, rows, row, column + place);
            }
        }
    }
}
