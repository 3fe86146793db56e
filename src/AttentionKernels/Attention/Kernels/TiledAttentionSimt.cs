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

        /// <summary>The tiles, one a work group.</summary>
        public static TileGrid Grid(Arguments arguments) =>
            new(TileSizes.Tiles(arguments.MaximumQueries, SimtTile.Rows), arguments.Heads, 1);

        public static void Run(Arguments arguments)
        {
            var memory = new SimtMemory(
                SharedMemory.Allocate<float>(2 * SimtTile.PanelLength), SharedMemory.Allocate<float>(SimtTile.Rows * SimtTile.WeightStride),
                SharedMemory.Allocate<float>(SimtTile.Rows * SimtTile.ThreadsPerRow), SharedMemory.Allocate<float>(SimtTile.Rows));
            TileCoordinates at = Grid(arguments).At(ILGPU.Grid.IdxX);
            WorkItem item = TWork.Item(arguments.Work, at.Item);
            int firstQuery = at.RowTile * SimtTile.Rows;

            // A group past the end of a short item has no rows and takes no keys. It does not return here: some OpenCL compilers take a
            // return before a barrier for one that threads of a group may differ in, and build wrong code.
            // Neither has one of an item whose keys are split, which is another kernel's.
            int count = arguments.WritesStates(item) ? 0 : Math.Min(SimtTile.Rows, item.Queries - firstQuery);
            var rows = new SimtRows(item, at.Head, 1, at.Head / arguments.HeadGroup, firstQuery, count);
            KeyRange range = count > 0 ? arguments.Range(item, firstQuery, firstQuery + count - 1) : default;

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
            {
                memory.Factors[ownRow] = state.Normalizer();
                if (ownRow < count)
                    arguments.StoreLogSumExp(item, at.Head, firstQuery + ownRow, state);
            }

            Group.Barrier();
            TTile.Store(output, arguments, rows, RegisterRow.Load(memory.Factors, 4 * y, 1), 0);
        }
    }
}
