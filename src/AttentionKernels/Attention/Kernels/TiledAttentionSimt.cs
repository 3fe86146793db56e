using AttentionKernels.Attention.State;
using AttentionKernels.Attention.Work;
using AttentionKernels.Launching;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

internal static partial class AttentionModule<TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector>
{
    internal static partial class TiledSimt<TAccess>
    {
        /// <summary>
        /// O = softmax(Q·Kᵀ·scale)·V by online softmax over key tiles, without a buffer of scores; Simt schedule, for every GPU.
        /// </summary>
        /// <remarks>
        /// <para>Dao, "FlashAttention-2: Faster Attention with Better Parallelism and Work Partitioning", 2023.</para>
        /// <para>Tile: a work group of 8 × 16 threads owns <see cref="TileSizes.SimtRows"/> query rows of one head and up to two blocks of
        /// <see cref="TileSizes.SimtBlockColumns"/> output columns; wider values are parts, which compute the scores anew. It passes over
        /// the keys in tiles of <see cref="TileSizes.SimtKeys"/>. For each of them:</para>
        /// <para>1. products: thread (y, x) owns the rows 8y…8y+7 of the keys 4x…4x+3, an 8 × 4 tile in registers; queries and keys stream
        /// through shared memory, <see cref="TileSizes.SimtPanelDepth"/> dimensions at a time, transposed, so that a thread loads 16 bytes
        /// at once: three loads for 32 multiply-adds.</para>
        /// <para>2. softmax: two threads a row, whose state both keep in registers; products become scores, and those weights, where they
        /// lie in shared memory.</para>
        /// <para>3. outputs: values stream through the same shared memory, <see cref="TileSizes.SimtPanelDepth"/> keys at a time; thread
        /// (y, x) owns its eight rows of the columns 4x…4x+3 of each block, a register tile a block
        /// (<see cref="IOutputTile{TSelf}"/>).</para>
        /// <para>Shared memory: 27.5 KiB whatever the head dimension. A masked key's value that is not finite makes NaN of its weight of 0:
        /// outputs that are NaN are computed once more, without it.</para>
        /// </remarks>
        /// <typeparam name="TTile">A thread's outputs.</typeparam>
        internal readonly struct TiledAttentionSimt<TTile> : IGroupKernel<Arguments>
            where TTile : struct, IOutputTile<TTile>
        {
            public static int GroupSize => Threads;

            /// <summary>The tiles of an item, one a work group: each head's for each part of its columns.</summary>
            public static TileGrid Grid(Arguments arguments, WorkItem item) =>
                new(TileSizes.Tiles(item.Queries, TileSizes.SimtRows), arguments.Heads * Parts(arguments));

            public static void Run(Arguments arguments)
            {
                SimtMemory memory = SimtMemory.Allocate();
                WorkTile tile = TWork.TileOfGroup(arguments.Work, ILGPU.Grid.IdxX);
                SimtRows rows = RowsOf(arguments, tile);
                KeyRange range = arguments.Range(rows.Item, rows.Query(0), rows.Query(rows.Count - 1));

                SoftmaxState state = SoftmaxState.Empty;
                TTile output = default;
                for (int firstKey = range.First; firstKey < range.End; firstKey += TileSizes.SimtKeys)
                {
                    var keys = new SimtKeys(firstKey, Math.Min(TileSizes.SimtKeys, range.End - firstKey));
                    if (arguments.Coverage(rows, keys) == TileCoverage.Empty)
                        continue;
                    StoreProducts(memory, Products(arguments, memory, rows, keys));
                    LocateValues(arguments, memory, rows, keys);
                    Group.Barrier();
                    state = Softmax(state, arguments, memory, rows, keys);
                    output = TTile.Accumulate(output, arguments, memory, keys, FirstColumn(arguments, tile));
                }

                Finish(output, state, arguments, memory);
            }

            private static void Finish(TTile output, SoftmaxState state, Arguments arguments, SimtMemory memory)
            {
                WorkTile tile = TWork.TileOfGroup(arguments.Work, ILGPU.Grid.IdxX);
                SimtRows rows = RowsOf(arguments, tile);
                int firstColumn = FirstColumn(arguments, tile);
                if (Half == 0)
                {
                    int row = OwnRow;
                    memory.Factors.Cast<float>()[row] = arguments.Finish(
                        rows.Item, rows.Query(row), rows.FirstHead, state, stores: row < rows.Count && firstColumn == 0);
                }

                Group.Barrier();
                TTile.Store(output, arguments, memory, tile, rows, firstColumn);
            }

            // Parts of a row's columns; tiles count them among the heads.
            private static int Parts(Arguments arguments) => TileSizes.Tiles(arguments.ValueDimension, TTile.Columns);

            private static int FirstColumn(Arguments arguments, WorkTile tile) => tile.Head % Parts(arguments) * TTile.Columns;

            private static SimtRows RowsOf(Arguments arguments, WorkTile tile)
            {
                WorkItem item = TWork.Item(arguments.Work, tile.Item);
                int head = tile.Head / Parts(arguments);
                int first = tile.RowTile * TileSizes.SimtRows;
                return new SimtRows(item, head, 1, head / arguments.HeadGroup, first, Math.Min(TileSizes.SimtRows, item.Queries - first));
            }
        }
    }
}
