using AttentionKernels.Attention.Work;
using AttentionKernels.MicroKernels.Warp;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

internal static partial class AttentionModule<TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector>
{
    internal readonly partial struct TensorCoreAttention<TScores, TDepth, TOutput, TSums, TAccess>
    {
        private static int Tiles(KeyRange range) => (range.End - range.First + TileKeys - 1) / TileKeys;

        // The tiles of keys, from the range's first, that all rows attend to: each thread asks for a row.
        private static KeyRange FullTiles(Arguments arguments, SimtRows rows, KeyRange range)
        {
            if (!TMask.RangeIsExact || !TModifier.IsIdentity)
                return new KeyRange(0, 0);
            ArrayView<int> ends = SharedMemory.Allocate<int>(2);
            if (Group.IdxX == 0)
            {
                ends[0] = range.First;
                ends[1] = range.End;
            }

            Group.Barrier();
            if (Group.IdxX < rows.Count)
            {
                int query = rows.Query(Group.IdxX);
                KeyRange own = arguments.Range(rows.Item, query, query).Clip(range.First, range.End);
                Atomic.Max(ref ends[0], own.First);
                Atomic.Min(ref ends[1], own.End);
            }

            Group.Barrier();
            int first = (ends[0] - range.First + TileKeys - 1) / TileKeys;
            return new KeyRange(first, Math.Max(first, (ends[1] - range.First) / TileKeys));
        }

        /// <summary>The keys and values of a work group, in steps of a tile from the last one to 0: first the tiles that are not
        /// full.</summary>
        /// <param name="range">The keys.</param>
        /// <param name="firstFull">The first full tile: that of step 0.</param>
        /// <param name="keys">The address of the thread's chunk of the range's first key; of pages, of their first row's.</param>
        /// <param name="values">The same of the values.</param>
        /// <param name="keyBytes">Bytes from a key of the thread to its next.</param>
        /// <param name="valueBytes">The same of the values.</param>
        private readonly struct Tokens(KeyRange range, int firstFull, long keys, long values, long keyBytes, long valueBytes)
        {
            public readonly int FirstKey = range.First;
            public readonly int EndKey = range.End;
            public readonly int FirstFull = firstFull;
            public readonly long KeyRows = keys;
            public readonly long ValueRows = values;
            public readonly long KeyBytes = keyBytes;
            public readonly long ValueBytes = valueBytes;

            public static Tokens Of(Arguments arguments, WorkTile tile, KeyRange range, int firstFull)
            {
                int chunk = TileCopy.Column(Group.IdxX) / TileCopy.Numbers;
                long keys = MemoryAddress.OfGlobal(ref arguments.Keys.Data[0]) + (chunk * TensorCore<TKey>.ChunkBytes);
                long values = MemoryAddress.OfGlobal(ref arguments.Values.Data[0]) + (chunk * TensorCore<TValue>.ChunkBytes);
                if (TLayout.IsPitched)
                {
                    WorkItem item = TWork.Item(arguments.Work, tile.Item);
                    keys += Interop.SizeOf<TKey>() * arguments.KeyRow(item, range.First + TileCopy.Row(Group.IdxX), tile.Head);
                    values += Interop.SizeOf<TValue>() * arguments.ValueRow(item, range.First + TileCopy.Row(Group.IdxX), tile.Head);
                }

                return new Tokens(
                    range, firstFull, keys, values, Interop.SizeOf<TKey>() * TileCopy.RowsPerStep * arguments.Keys.TokenStride,
                    Interop.SizeOf<TValue>() * TileCopy.RowsPerStep * arguments.Values.TokenStride);
            }

            /// <summary>Where a step's keys lie: of a pitch the address of the thread's part, of pages the offset of the lane's row in
            /// units.</summary>
            public long KeyPlace(Arguments arguments, int step, bool isFull)
            {
                if (TLayout.IsPitched)
                    return KeyRows + (Tile(step) * TScores.Steps * KeyBytes);
                WorkTile tile = TWork.TileOfGroup(arguments.Work, ILGPU.Grid.IdxX);
                long row = arguments.KeyRow(TWork.Item(arguments.Work, tile.Item), LocatedKey(step, isFull), tile.Head);
                return Located(row, Interop.SizeOf<TKey>(), TensorCore<TKey>.ChunkBytes);
            }

            /// <summary>The same of the values.</summary>
            public long ValuePlace(Arguments arguments, int step, bool isFull)
            {
                if (TLayout.IsPitched)
                    return ValueRows + (Tile(step) * TScores.Steps * ValueBytes);
                WorkTile tile = TWork.TileOfGroup(arguments.Work, ILGPU.Grid.IdxX);
                long row = arguments.ValueRow(TWork.Item(arguments.Work, tile.Item), LocatedKey(step, isFull), tile.Head);
                return Located(row, Interop.SizeOf<TValue>(), TensorCore<TValue>.ChunkBytes);
            }

            /// <summary>The step that follows one: that of the next tile that the mask lets something through of; −1 behind the
            /// last.</summary>
            public int Next(Arguments arguments, int step)
            {
                step--;
                while (step >= 0 && Coverage(arguments, step) == TileCoverage.Empty)
                    step--;
                return step;
            }

            /// <summary>Where the keys of the step after a state's lie. Those of full tiles follow each other.</summary>
            public long NextKeyPlace(TensorCoreState<TOutput, TSums> state, Arguments arguments, int step, bool isFull) =>
                TLayout.IsPitched && LieAlike && isFull
                    ? NextValues(state) + (KeyRows - ValueRows)
                    : KeyPlace(arguments, step, isFull);

            /// <summary>Where its values lie, given where its keys do.</summary>
            public long NextValuePlace(TensorCoreState<TOutput, TSums> state, Arguments arguments, int step, long keys, bool isFull)
            {
                if (!LieAlike)
                    return ValuePlace(arguments, step, isFull);
                if (!TLayout.IsPitched)
                    return keys;
                return isFull ? NextValues(state) : keys - (KeyRows - ValueRows);
            }

            public MemoryRows Keys(int step, long place, bool isFull) => TLayout.IsPitched
                ? MemoryRows.OfPitch(place, KeyBytes, Count(step, isFull))
                : MemoryRows.OfLanes(KeyRows, place, LocatedBytes(TensorCore<TKey>.ChunkBytes), Count(step, isFull));

            public MemoryRows Values(TensorCoreState<TOutput, TSums> state, bool isFull) => TLayout.IsPitched
                ? MemoryRows.OfPitch(state.Values, ValueBytes, Count(state.Step, isFull))
                : MemoryRows.OfLanes(ValueRows, state.Values, LocatedBytes(TensorCore<TValue>.ChunkBytes), Count(state.Step, isFull));

            /// <summary>Copies the scales of a step's keys and values, a thread those of a token.</summary>
            public void CopyScales(Arguments arguments, int step, bool isFull)
            {
                if ((!TKey.IsScaled && !TValue.IsScaled) || Group.IdxX >= TileKeys)
                    return;
                WorkTile tile = TWork.TileOfGroup(arguments.Work, ILGPU.Grid.IdxX);
                WorkItem item = TWork.Item(arguments.Work, tile.Item);
                int key = Math.Min(First(step, isFull) + Group.IdxX, EndKey - 1);
                if (TKey.IsScaled)
                    CopyScale(KeyScales, ref arguments.Keys.Scales[arguments.KeyScaleRow(item, key, tile.Head)]);
                if (TValue.IsScaled)
                    CopyScale(ValueScales, ref arguments.Values.Scales[arguments.ValueScaleRow(item, key, tile.Head)]);
            }

            public AttendedScores Attended(Arguments arguments, int step)
            {
                SimtRows rows = RowsOf(arguments, TWork.TileOfGroup(arguments.Work, ILGPU.Grid.IdxX));
                var range = new KeyRange(FirstKey, EndKey);
                int row = FirstWarpRow + (Lane >> 2);
                var columns = new ThreadColumns(
                    First(step, false) + ((Lane & 3) * 2), ColumnsOfThread, Coverage(arguments, step));
                return new AttendedScores(
                    new Variant(arguments), RowsOfThread.Of(arguments, rows, row, range, columns),
                    RowsOfThread.Of(arguments, rows, row + 16, range, columns), columns.Key);
            }

            // Whether a key's offset is also the value's.
            private static bool LieAlike => TAccess.IsRegular && TKey.PerWord == TValue.PerWord;

            // The units of what lanes locate.
            private static int LocatedBytes(int chunkBytes) => TAccess.IsRegular ? chunkBytes : 1;

            // An offset, which is positive, in such units.
            private static long Located(long offset, int bytes, int chunkBytes) =>
                TAccess.IsRegular ? (long)((ulong)offset / (uint)(chunkBytes / bytes)) : offset * bytes;

            private static void CopyScale(int place, ref float scale) =>
                AsyncCopy.CopyFew(Shared + place + (Group.IdxX * ScaleSize), MemoryAddress.OfGlobal(ref scale), ScaleSize, ScaleSize);

            private TileCoverage Coverage(Arguments arguments, int step)
            {
                int first = First(step, isFull: false);
                return arguments.Coverage(
                    RowsOf(arguments, TWork.TileOfGroup(arguments.Work, ILGPU.Grid.IdxX)),
                    new SimtKeys(first, Math.Min(TileKeys, EndKey - first)));
            }

            private long NextValues(TensorCoreState<TOutput, TSums> state) => state.Values - (TScores.Steps * ValueBytes);

            // Behind the range's end the last one.
            private int LocatedKey(int step, bool isFull) =>
                Math.Min(First(step, isFull) + MemoryRows.LocatedRow(Group.IdxX), EndKey - 1);

            // Rows of a step's tile from the thread's first.
            private int Count(int step, bool isFull) => isFull ? int.MaxValue : EndKey - First(step, isFull) - TileCopy.Row(Group.IdxX);

            private int First(int step, bool isFull) => FirstKey + ((isFull ? step + FirstFull : Tile(step)) * TScores.Steps * 16);

            private int Tile(int step)
            {
                int tile = step + FirstFull;
                int count = Tiles(new KeyRange(FirstKey, EndKey));
                return tile < count ? tile : tile - count;
            }
        }
    }
}
