using AttentionKernels.Attention.Work;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

internal static partial class AttentionModule<TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector>
{
    /// <summary>Tiled attention of the Simt schedule: its kernel, and the kernel's steps on a tile of rows and keys, which are products,
    /// softmax, and weighted values.</summary>
    /// <typeparam name="TAccess">How rows are accessed.</typeparam>
    internal static partial class TiledSimt<TAccess>
        where TAccess : struct, IRowAccess
    {
        public const int Rows = TileSizes.SimtRows;
        public const int Keys = TileSizes.SimtKeys;
        public const int Threads = TileSizes.SimtThreads;

        /// <summary>Output columns of a block.</summary>
        public const int BlockColumns = TileSizes.SimtBlockColumns;

        // Of a panel of queries and keys the dimensions, of one of values the keys.
        private const int PanelDepth = TileSizes.SimtPanelDepth;

        // From a dimension of a panel, or a key's weights, to the next: in fours, and in numbers.
        private const int RowFours = TileSizes.SimtRowStride / 4;
        private const int RowStride = TileSizes.SimtRowStride;

        // Where the panel of keys begins, behind that of queries.
        private const int KeyPanel = PanelDepth * RowStride;

        private const int BlockFours = BlockColumns / 4;

        // A thread owns the rows 8y…8y+7, of products the keys 4x…4x+3, of outputs the columns 4x…4x+3 of each block.
        private static int X => Group.IdxX & 15;

        private static int Y => Group.IdxX >> 4;

        /// <summary>The first of the thread's eight rows.</summary>
        public static int FirstRow => 8 * Y;

        /// <summary>The row whose softmax state the thread keeps, as one other does.</summary>
        public static int OwnRow => Group.IdxX & (Rows - 1);

        /// <summary>Which of both threads it is.</summary>
        public static int Half => Group.IdxX / Rows;

        /// <summary>What the thread's eight rows are multiplied by.</summary>
        public static RegisterColumn Factors(SimtMemory memory) => new(memory.Factors[2 * Y], memory.Factors[(2 * Y) + 1]);
    }
}
