using AttentionKernels.Attention.Work;
using AttentionKernels.MicroKernels.Warp;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

internal static partial class AttentionModule<TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector>
{
    /// <summary>The columns of a thread in a tile of scores, in pairs that are 8 apart.</summary>
    /// <param name="key">The key of the first, from the item's first.</param>
    /// <param name="count">How many.</param>
    /// <param name="coverage">What is known of the tile.</param>
    internal readonly struct ThreadColumns(int key, int count, TileCoverage coverage)
    {
        public readonly int Key = key;
        public readonly int Count = count;
        public readonly TileCoverage Coverage = coverage;
    }

    /// <summary>A row as variants see it, against the first of the item's keys, and which of a tile's keys it attends to.</summary>
    internal readonly struct AttendedRow(Position first, KeyRange keys, uint allowed)
    {
        public readonly Position First = first;

        /// <summary>The keys of the mask's range, where that is exact; otherwise those that there are.</summary>
        public readonly KeyRange Keys = keys;

        /// <summary>A bit for each of the thread's columns, where the mask's range is not exact.</summary>
        public readonly uint Allowed = allowed;

        /// <summary>A row of a work group's; behind the last one that is inside, that one, since variants may look things up by
        /// it.</summary>
        /// <param name="arguments">The arguments.</param>
        /// <param name="rows">The work group's rows.</param>
        /// <param name="row">The row.</param>
        /// <param name="range">The work group's keys.</param>
        /// <param name="columns">The thread's columns of the tile.</param>
        public static AttendedRow Of(Arguments arguments, SimtRows rows, int row, KeyRange range, ThreadColumns columns)
        {
            int ownRow = Math.Min(row, rows.Count - 1);
            int query = rows.Query(ownRow);
            Position first = TWork.Position(arguments.Work, rows.Item, rows.Head(ownRow), query);
            if (TMask.RangeIsExact)
                return new AttendedRow(first, arguments.Range(rows.Item, query, query).Clip(range.First, range.End), 0);
            uint allowed = 0;
            for (int column = 0; column < columns.Count; column++)
            {
                int at = columns.Key + ((column >> 1) * 8) + (column & 1);
                bool isAllowed = at < range.End &&
                    (columns.Coverage == TileCoverage.Full || TMask.Allows(arguments.Mask, At(first, at, range)));
                allowed |= (isAllowed ? 1u : 0u) << column;
            }

            return new AttendedRow(first, range, allowed);
        }

        /// <summary>Where a key of the tile stands; one behind the range's end at the last that there is.</summary>
        public Position At(int key) => At(First, key, Keys);

        private static Position At(Position first, int key, KeyRange range) =>
            Arguments.At(first, Math.Max(range.First, Math.Min(key, range.End - 1)));
    }

    /// <summary>
    /// Scores as they enter the softmax, −∞ where masked or outside: products where there is no modifier, whose scale goes with the
    /// exponent.
    /// </summary>
    /// <remarks>It has of the arguments what it needs: copies of all of them, one a score, take ILGPU a minute.</remarks>
    /// <param name="variant">Modifier and scale.</param>
    /// <param name="upper">The thread's rows g and g + 8.</param>
    /// <param name="lower">The thread's rows g + 16 and g + 24.</param>
    /// <param name="key">The thread's first key, from the item's first.</param>
    internal readonly struct AttendedScores(Variant variant, RowsOfThread upper, RowsOfThread lower, int key)
        : TensorCore<TElement>.ITileFunction<AttendedScores>
    {
        public readonly Variant Variant = variant;
        public readonly RowsOfThread Upper = upper;
        public readonly RowsOfThread Lower = lower;
        public readonly int Key = key;

        public static TensorCore<TElement>.Block Apply(AttendedScores self, TensorCore<TElement>.Block block, int row, int column)
        {
            RowsOfThread rows = row == 0 ? self.Upper : self.Lower;
            int ownColumn = column >> 2;
            return new TensorCore<TElement>.Block(
                Apply(self.Variant, rows, block.Left, self.Key + column, ownColumn),
                Apply(self.Variant, rows, block.Right, self.Key + column + 8, ownColumn + 2));
        }

        private static Accumulator Apply(Variant variant, RowsOfThread rows, Accumulator numbers, int key, int column) => new(
            Apply(variant, rows.First, numbers.R0, key, column), Apply(variant, rows.First, numbers.R1, key + 1, column + 1),
            Apply(variant, rows.Second, numbers.R2, key, column), Apply(variant, rows.Second, numbers.R3, key + 1, column + 1));

        private static float Apply(Variant variant, AttendedRow row, float number, int key, int column)
        {
            float score = number;
            if (!TModifier.IsIdentity)
                score = TModifier.Apply(variant.Modifier, number * variant.Scale, row.At(key));
            return TMask.RangeIsExact
                ? MaskedScore.Within(score, key, row.Keys.First, row.Keys.End)
                : MaskedScore.Where(score, row.Allowed, column);
        }
    }

    /// <summary>What scores depend on beside the position.</summary>
    internal readonly struct Variant(Arguments arguments)
    {
        public readonly TModifier Modifier = arguments.Modifier;
        public readonly float Scale = arguments.Scale;
    }

    /// <summary>Two of a thread's rows, 8 apart.</summary>
    internal readonly struct RowsOfThread(AttendedRow first, AttendedRow second)
    {
        public readonly AttendedRow First = first;
        public readonly AttendedRow Second = second;

        /// <summary>A row and that 8 further down.</summary>
        public static RowsOfThread Of(Arguments arguments, SimtRows rows, int row, KeyRange range, ThreadColumns columns) => new(
            AttendedRow.Of(arguments, rows, row, range, columns), AttendedRow.Of(arguments, rows, row + 8, range, columns));
    }

    /// <summary>Stores unnormalised outputs to the rows' partial states in the workspace.</summary>
    internal readonly struct StoredOutputs(ArrayView<float> workspace, StatesOfThread upper, StatesOfThread lower, int columns)
        : TensorCore<TElement>.ITileFunction<StoredOutputs>
    {
        public readonly ArrayView<float> Workspace = workspace;
        public readonly StatesOfThread Upper = upper;
        public readonly StatesOfThread Lower = lower;

        /// <summary>Columns from the thread's first.</summary>
        public readonly int Columns = columns;

        public static TensorCore<TElement>.Block Apply(StoredOutputs self, TensorCore<TElement>.Block block, int row, int column)
        {
            StatesOfThread half = row == 0 ? self.Upper : self.Lower;
            if (column < self.Columns)
                Store(self, half, block.Left, column);
            if (column + 8 < self.Columns)
                Store(self, half, block.Right, column + 8);
            return block;
        }

        private static void Store(StoredOutputs self, StatesOfThread rows, Accumulator numbers, int column)
        {
            if (rows.First >= 0)
            {
                self.Workspace[rows.First + column] = numbers.R0;
                self.Workspace[rows.First + column + 1] = numbers.R1;
            }

            if (rows.Second >= 0)
            {
                self.Workspace[rows.Second + column] = numbers.R2;
                self.Workspace[rows.Second + column + 1] = numbers.R3;
            }
        }
    }

    /// <summary>Where the states of two of a thread's rows, 8 apart, lie in the workspace; −1 for rows outside.</summary>
    internal readonly struct StatesOfThread(long first, long second)
    {
        public readonly long First = first;
        public readonly long Second = second;

        /// <summary>Those of a row and that 8 further down, from a column on.</summary>
        public static StatesOfThread Of(Arguments arguments, WorkTile tile, SimtRows rows, int row, int column) =>
            new(Offset(arguments, tile, rows, row, column), Offset(arguments, tile, rows, row + 8, column));

        private static long Offset(Arguments arguments, WorkTile tile, SimtRows rows, int row, int column) => row < rows.Count
            ? arguments.StateOffset(tile, rows.Query(row), rows.Head(row), tile.State) + column
            : -1;
    }

    /// <summary>The end of a warp's rows.</summary>
    private static class TensorCoreRow
    {
        private const float Ln2 = 0.693147181f;

        /// <summary>Stores the states of a row and that 8 further down, or their log-sum-exp, and returns what their outputs are
        /// multiplied by.</summary>
        public static RowPair Finish(Arguments arguments, WorkTile tile, SimtRows rows, int row, RowPair maximum, RowPair sums) => new(
            Finish(arguments, tile, rows, row, maximum.First, sums.First),
            Finish(arguments, tile, rows, row + 8, maximum.Second, sums.Second));

        // The four threads of a quad have the same; the first stores.
        private static float Finish(Arguments arguments, WorkTile tile, SimtRows rows, int row, float maximum, float sum)
        {
            bool stores = (Group.IdxX & 3) == 0 && row < rows.Count;
            int ownRow = Math.Min(row, rows.Count - 1);
            var state = new State.SoftmaxState(-maximum * Ln2, sum);
            if (!tile.HasStates)
                return arguments.Finish(rows.Item, rows.Query(ownRow), rows.Head(ownRow), state, stores);
            if (stores)
                arguments.StoreState(tile, rows.Query(ownRow), rows.Head(ownRow), state);
            return 1f;
        }
    }
}
