namespace AttentionKernels.MicroKernels.Warp;

internal static partial class TensorCore<TElement>
{
    /// <summary>Two tiles side by side, of as many rows and any width: 80 columns are a pair of 64 and 16.</summary>
    internal readonly struct TilePair<TLeft, TRight>(TLeft left, TRight right) : ITile<TilePair<TLeft, TRight>>
        where TLeft : struct, ITile<TLeft>
        where TRight : struct, ITile<TRight>
    {
        [RowsBelow(0)] public readonly TLeft Left = left;
        [RowsBelow(0)] public readonly TRight Right = right;

        public static int Steps => TLeft.Steps + TRight.Steps;

        public static int Rows => TLeft.Rows;

        public static TilePair<TLeft, TRight> AddTransposed(TilePair<TLeft, TRight> self, RowFragments a, int b, int step) =>
            new(TLeft.AddTransposed(self.Left, a, b, step), TRight.AddTransposed(self.Right, a, b, step + TLeft.Steps));

        public static TilePair<TLeft, TRight> Add(TilePair<TLeft, TRight> self, RowFragments a, SwizzledLane b, int step) =>
            new(TLeft.Add(self.Left, a, b, step), TRight.Add(self.Right, a, b, step + TLeft.Steps));

        public static TileRows Maximum(TilePair<TLeft, TRight> self, TileRows rows) =>
            TRight.Maximum(self.Right, TLeft.Maximum(self.Left, rows));

        public static TilePair<TLeft, TRight> PowerOfTwo(TilePair<TLeft, TRight> self, float scale, TileRows offsets) =>
            new(TLeft.PowerOfTwo(self.Left, scale, offsets), TRight.PowerOfTwo(self.Right, scale, offsets));

        public static TileRows Sum(TilePair<TLeft, TRight> self, TileRows rows) => TRight.Sum(self.Right, TLeft.Sum(self.Left, rows));

        public static RowSums SumByProduct(TilePair<TLeft, TRight> self, RowSums sums) =>
            TRight.SumByProduct(self.Right, TLeft.SumByProduct(self.Left, sums));

        public static TilePair<TLeft, TRight> Scale(TilePair<TLeft, TRight> self, TileRows factors) =>
            new(TLeft.Scale(self.Left, factors), TRight.Scale(self.Right, factors));

        public static void Copy(TileCopy copy, MemoryRows rows, int step)
        {
            TLeft.Copy(copy, rows, step);
            TRight.Copy(copy, rows, step + TLeft.Steps);
        }

        public static void Store(TilePair<TLeft, TRight> self, SwizzledLane target, int step)
        {
            TLeft.Store(self.Left, target, step);
            TRight.Store(self.Right, target, step + TLeft.Steps);
        }

        static TScores ITile<TilePair<TLeft, TRight>>.AddDepth<TScores>(TScores scores, SwizzledLane a, SwizzledLane b, int step) =>
            TRight.AddDepth(TLeft.AddDepth(scores, a, b, step), a, b, step + TLeft.Steps);

        static TOutput ITile<TilePair<TLeft, TRight>>.AddWeighted<TOutput>(
            TilePair<TLeft, TRight> self, TOutput output, SwizzledLane b, int step) =>
            TRight.AddWeighted(self.Right, TLeft.AddWeighted(self.Left, output, b, step), b, step + TLeft.Steps);

        static TilePair<TLeft, TRight> ITile<TilePair<TLeft, TRight>>.Map<TFunction>(
            TilePair<TLeft, TRight> self, TFunction function, int step) =>
            new(TLeft.Map(self.Left, function, step), TRight.Map(self.Right, function, step + TLeft.Steps));
    }
}
