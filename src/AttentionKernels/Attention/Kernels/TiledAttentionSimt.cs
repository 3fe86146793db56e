using AttentionKernels.Attention.State;
using AttentionKernels.Attention.Work;
using AttentionKernels.Launching;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

internal static partial class AttentionModule<TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector>
{
    /// <summary>
    /// O = softmax(Q·Kᵀ·scale)·V by online softmax over key tiles, without a buffer of scores; Simt schedule, for every GPU.
    /// </summary>
    /// <remarks>
    /// <para>Dao, "FlashAttention-2: Faster Attention with Better Parallelism and Work Partitioning", 2023.</para>
    /// <para>Tile: a work group of 16 × 16 threads owns <see cref="SimtTile.Rows"/> query rows of one head and passes over the keys in
    /// tiles of <see cref="SimtTile.Keys"/>. For each of them:</para>
    /// <para>1. scores: thread (y, x) owns the rows 4y…4y+3 and the keys x, x+16, x+32, x+48, a 4 × 4 tile in registers; queries and keys
    /// stream through shared memory, <see cref="SimtTile.PanelDepth"/> dimensions at a time, transposed and padded against bank
    /// conflicts.</para>
    /// <para>2. softmax: four threads a row; each keeps the row's state in registers, all four alike.</para>
    /// <para>3. output: values stream through the same shared memory, <see cref="SimtTile.BlockColumns"/> columns at a time; thread (y, x)
    /// owns its four rows of the columns x, x+16, x+32, x+48 of each block, a register tile a block
    /// (<see cref="IOutputTile{TSelf}"/>).</para>
    /// <para>Shared memory: 33.8 KiB whatever the head dimension. Weights of masked keys are −1 there and are skipped, so that a
    /// NaN in a masked value never meets a zero weight.</para>
    /// </remarks>
    internal readonly struct TiledAttentionSimt<TTile> : IGroupKernel<Arguments>
        where TTile : struct, IOutputTile<TTile>
    {
        public static int GroupSize => SimtTile.GroupSize;

        /// <summary>The tiles of an item, one a work group.</summary>
        public static TileGrid Grid(Arguments arguments, WorkItem item) =>
            new(TileSizes.Tiles(item.Queries, SimtTile.Rows), arguments.Heads);

        public static void Run(Arguments arguments)
        {
            var memory = new SimtMemory(
                SharedMemory.Allocate<float>(2 * SimtTile.PanelLength), SharedMemory.Allocate<float>(SimtTile.Rows * SimtTile.WeightStride),
                SharedMemory.Allocate<float>(SimtTile.Rows * SimtTile.ThreadsPerRow), SharedMemory.Allocate<float>(SimtTile.Rows));
            WorkTile tile = TWork.Tile(arguments.Work, ILGPU.Grid.IdxX);
            WorkItem item = TWork.Item(arguments.Work, tile.Item);
            int firstQuery = tile.RowTile * SimtTile.Rows;
            int count = Math.Min(SimtTile.Rows, item.Queries - firstQuery);
            var rows = new SimtRows(item, tile.Head, 1, tile.Head / arguments.HeadGroup, firstQuery, count);
            KeyRange range = arguments.Range(item, firstQuery, firstQuery + count - 1);

            int y = Group.IdxX / SimtTile.Side;
            SoftmaxState state = SoftmaxState.Empty;
            TTile output = default;
            for (int firstKey = range.First; firstKey < range.End; firstKey += SimtTile.Keys)
            {
                var keys = new SimtKeys(firstKey, Math.Min(SimtTile.Keys, range.End - firstKey));
                RegisterTile products = SimtTile.Products(arguments, memory, rows, keys);
                SimtTile.StoreScores(arguments, memory, products, rows, keys);
                Group.Barrier();
                state = SimtTile.Softmax(state, memory);
                output = TTile.Accumulate(output, arguments, memory, rows, keys, RegisterRow.Load(memory.Factors, 4 * y, 1), 0);
            }

            int ownRow = Group.IdxX / SimtTile.ThreadsPerRow;
            if (Group.IdxX % SimtTile.ThreadsPerRow == 0)
                memory.Factors[ownRow] = arguments.Finish(item, firstQuery + ownRow, tile.Head, state, stores: ownRow < count);

            Group.Barrier();
            TTile.Store(output, arguments, rows, RegisterRow.Load(memory.Factors, 4 * y, 1), 0);
        }
    }
}
