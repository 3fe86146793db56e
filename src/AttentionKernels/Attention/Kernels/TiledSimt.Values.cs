using AttentionKernels.Attention.Work;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

internal static partial class AttentionModule<TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector>
{
    internal static partial class TiledSimt<TAccess>
    {
        /// <summary>Locates the tile's values. Those that it does not have are its last one, with weights of 0.</summary>
        public static void LocateValues(Arguments arguments, SimtMemory memory, SimtRows rows, SimtKeys keys)
        {
            int key = Group.IdxX;
            if (key >= Keys)
                return;
            int token = keys.First + Math.Min(key, keys.Count - 1);
            memory.ValueRows[key] = arguments.ValueRow(rows.Item, token, rows.KeyValueHead);
            if (TValue.IsScaled)
                memory.ValueScales[key] = arguments.ValueScale(rows.Item, token, rows.KeyValueHead);
        }

        /// <summary>The thread's register tile with the tile's weighted values accumulated: panels of values stream through shared memory;
        /// while one is multiplied, the next comes into registers.</summary>
        /// <param name="output">The thread's tile of four columns of a block.</param>
        /// <param name="arguments">The arguments.</param>
        /// <param name="memory">Shared memory, with the weights.</param>
        /// <param name="keys">The keys.</param>
        /// <param name="firstColumn">The block's first column.</param>
        public static TallTile Accumulate(
            TallTile output, Arguments arguments, SimtMemory memory, SimtKeys keys, int firstColumn)
        {
            // Sixteen neighbouring threads copy 64 columns of a value; those behind its last column any others, which nobody stores.
            int column = firstColumn + (4 * X) < arguments.ValueDimension ? firstColumn + (4 * X) : 0;
            ArrayView<RegisterRow> target = memory.Panels.SubView(Group.IdxX);
            ArrayView<RegisterRow> ownColumns = memory.Panels.SubView(X);
            ArrayView<RegisterRow> ownRows = memory.Weights.SubView(2 * Y);

            // As in Products, the bound is 1 or more.
            int end = Math.Max(1, keys.Count);
            RegisterColumn panel = Values(arguments, memory, Y, column);
            for (int first = 0; first < end; first += PanelDepth)
            {
                // What is in shared memory may still be read.
                Group.Barrier();
                target[0] = panel.Upper;
                target[PanelDepth / 2 * BlockFours] = panel.Lower;
                Group.Barrier();
                ArrayView<RegisterRow> weights = ownRows.SubView(first * RowFours);
                panel = Values(arguments, memory, Math.Min(first + PanelDepth, Keys - PanelDepth) + Y, column);
                for (int key = 0; key < PanelDepth; key++)
                {
                    output = output.MultiplyAdd(
                        new RegisterColumn(weights[key * RowFours], weights[(key * RowFours) + 1]), ownColumns[key * BlockFours]);
                }
            }

            return output;
        }

        /// <summary>Stores the work group's outputs of one block of columns, through shared memory: sixteen neighbouring threads store 64
        /// columns of a row. What is there is read no more.</summary>
        public static void Store(TallTile output, Arguments arguments, SimtMemory memory, WorkTile tile, SimtRows rows, int firstColumn)
        {
            ArrayView<RegisterRow> target = memory.Weights.SubView((FirstRow * RowFours) + X);
            target[0] = output.Upper.Row0;
            target[RowFours] = output.Upper.Row1;
            target[2 * RowFours] = output.Upper.Row2;
            target[3 * RowFours] = output.Upper.Row3;
            target[4 * RowFours] = output.Lower.Row0;
            target[5 * RowFours] = output.Lower.Row1;
            target[6 * RowFours] = output.Lower.Row2;
            target[7 * RowFours] = output.Lower.Row3;
            Group.Barrier();
            int column = firstColumn + (4 * X);
            int end = column < arguments.ValueDimension ? rows.Count : 0;
            for (int row = Y; row < end; row += Threads / BlockFours)
            {
                RegisterRow numbers = memory.Weights[(row * RowFours) + X];
                long offset = arguments.OutputOffset(rows.Item, rows.Query(row), rows.FirstHead) + column;
                Store(numbers, arguments, offset, column);
                for (int place = 0; float.IsNaN(numbers.Sum()) && place < Math.Min(4, arguments.ValueDimension - column); place++)
                {
                    if (float.IsNaN(TElement.Widen(arguments.Output[offset + place])))
                        arguments.Output[offset + place] = TElement.Narrow(arguments.OutputOf(tile, rows, row, column + place));
                }
            }
        }

        // Four columns of two values of a panel.
        private static RegisterColumn Values(Arguments arguments, SimtMemory memory, int key, int column) =>
            new(Value(arguments, memory, key).Four(column), Value(arguments, memory, key + (PanelDepth / 2)).Four(column));

        private static NumberRow<TValue> Value(Arguments arguments, SimtMemory memory, int key) => new(
            arguments.Values.Data, memory.ValueRows[key], arguments.ValueDimension, TValue.IsScaled ? memory.ValueScales[key] : 1f);

        private static void Store(RegisterRow numbers, Arguments arguments, long offset, int column)
        {
            if (TAccess.IsRegular)
            {
                arguments.Output.Cast<Four<TElement>>()[offset >> 2] = StoredRow<TElement>.Narrow(numbers);
                return;
            }

            arguments.Output[offset] = TElement.Narrow(numbers.A);
            if (column + 1 < arguments.ValueDimension)
                arguments.Output[offset + 1] = TElement.Narrow(numbers.B);
            if (column + 2 < arguments.ValueDimension)
                arguments.Output[offset + 2] = TElement.Narrow(numbers.C);
            if (column + 3 < arguments.ValueDimension)
                arguments.Output[offset + 3] = TElement.Narrow(numbers.D);
        }
    }
}
