namespace AttentionKernels.MicroKernels.Warp;

internal static partial class TensorCore<TElement>
{
    /// <summary>
    /// A tile of fp32 in the registers of a warp: 16 or 32 rows, and columns by recursion, 16 of a leaf, the sum of both of a pair. The
    /// same tile is one of scores (its columns are keys) and one of outputs (its columns are dimensions), so that every head dimension
    /// comes from one source and stays in registers, which arrays do not.
    /// </summary>
    /// <remarks>Steps count leaves. Those of an operation are constants when all is inlined.</remarks>
    /// <typeparam name="TSelf">The tile.</typeparam>
    internal interface ITile<TSelf>
    {
        /// <summary>Leaves of 16 columns.</summary>
        static abstract int Steps { get; }

        /// <summary>Rows of a warp: 16 or 32.</summary>
        static abstract int Rows { get; }

        /// <summary>C + A·Bᵀ for 16 elements of depth; B lies in shared memory with a row a column of the tile.</summary>
        /// <param name="self">C.</param>
        /// <param name="a">A, as deep as B.</param>
        /// <param name="b">The address of the lane in these 16 columns of B.</param>
        /// <param name="step">The tile's first leaf.</param>
        static abstract TSelf AddTransposed(TSelf self, RowFragments a, int b, int step);

        /// <summary>C + A·B for 16 elements of depth; B lies in shared memory with a column a column of the tile.</summary>
        static abstract TSelf Add(TSelf self, RowFragments a, SwizzledLane b, int step);

        /// <summary>scores + A·Bᵀ over the columns of this tile, both from shared memory.</summary>
        static abstract TScores AddDepth<TScores>(TScores scores, SwizzledLane a, SwizzledLane b, int step)
            where TScores : struct, ITile<TScores>;

        /// <summary>output + P·B with P this tile, rounded to 16 bits; B lies in shared memory with a row a column of it.</summary>
        static abstract TOutput AddWeighted<TOutput>(TSelf self, TOutput output, SwizzledLane b, int step)
            where TOutput : struct, ITile<TOutput>;

        /// <summary>Each block replaced by a function of it and of where it is.</summary>
        static abstract TSelf Map<TFunction>(TSelf self, TFunction function, int step)
            where TFunction : struct, ITileFunction<TFunction>;

        /// <summary>The largest number of each row and of the given ones, among those of the thread.</summary>
        static abstract TileRows Maximum(TSelf self, TileRows rows);

        /// <summary>2^(x·scale + offset).</summary>
        static abstract TSelf PowerOfTwo(TSelf self, float scale, TileRows offsets);

        /// <summary>The sums of each row, added to the given ones, of the numbers of the thread.</summary>
        static abstract TileRows Sum(TSelf self, TileRows rows);

        /// <summary>The sums of each whole row, its numbers rounded to 16 bits, by products with ones.</summary>
        static abstract RowSums SumByProduct(TSelf self, RowSums sums);

        /// <summary>Each row times its factor.</summary>
        static abstract TSelf Scale(TSelf self, TileRows factors);

        /// <summary>Stores the tile to shared memory, rounded to 16 bits.</summary>
        static abstract void Store(TSelf self, SwizzledLane target, int step);

        /// <summary>Copies rows to shared memory, 16 for each leaf.</summary>
        static abstract void Copy(TileCopy copy, MemoryRows rows, int step);
    }

    /// <summary>A function of a tile's blocks.</summary>
    /// <typeparam name="TSelf">What the function knows.</typeparam>
    internal interface ITileFunction<TSelf>
    {
        /// <summary>What a block becomes.</summary>
        /// <param name="self">What the function knows.</param>
        /// <param name="block">The thread's numbers: rows g and g + 8; two neighbouring columns, and those 8 to the right.</param>
        /// <param name="row">How many rows below the tile's first the block begins: 0 or 16.</param>
        /// <param name="column">How many columns to the right of it.</param>
        static abstract Block Apply(TSelf self, Block block, int row, int column);
    }
}
