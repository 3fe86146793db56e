namespace AttentionKernels.MicroKernels.Warp;

internal static partial class TensorCore<TElement>
{
    /// <summary>How the weights of the rows of a warp are summed up.</summary>
    /// <typeparam name="TSelf">The sums.</typeparam>
    internal interface IWeightSums<TSelf>
    {
        /// <summary>The sums with those of a tile of weights.</summary>
        static abstract TSelf Add<TTile>(TSelf self, TTile weights)
            where TTile : struct, ITile<TTile>;

        /// <summary>The sums of whole rows, of which a tile has 16 or 32.</summary>
        static abstract TileRows Rows(TSelf self, int rows);
    }

    /// <summary>In fp32, a thread its share, which are added in the end.</summary>
    internal readonly struct SumsByAddition(TileRows shares) : IWeightSums<SumsByAddition>
    {
        [RowsBelow(0)] public readonly TileRows Shares = shares;

        public static TileRows Rows(SumsByAddition self, int rows) => self.Shares.QuadSum(rows);

        static SumsByAddition IWeightSums<SumsByAddition>.Add<TTile>(SumsByAddition self, TTile weights) =>
            new(TTile.Sum(weights, self.Shares));
    }

    /// <summary>By products with ones, of the weights as they are multiplied with values, rounded to 16 bits: fewer instructions, and sums
    /// that are a little different from those of the weights themselves.</summary>
    internal readonly struct SumsByProduct(RowSums sums) : IWeightSums<SumsByProduct>
    {
        [RowsBelow(0)] public readonly RowSums Sums = sums;

        public static TileRows Rows(SumsByProduct self, int rows) => self.Sums.Rows;

        static SumsByProduct IWeightSums<SumsByProduct>.Add<TTile>(SumsByProduct self, TTile weights) =>
            new(TTile.SumByProduct(weights, self.Sums));
    }
}
