namespace AttentionKernels.MicroKernels.Warp;

internal static partial class TensorCore<TElement>
{
    /// <summary>A leaf of 32 rows: four mma share each B that is loaded.</summary>
    internal readonly struct Tile32(Block upper, Block lower) : ITile<Tile32>
    {
        [RowsBelow(0)] public readonly Block Upper = upper;
        [RowsBelow(2)] public readonly Block Lower = lower;

        public static int Steps => 1;

        public static int Rows => 32;

        public static Tile32 AddTransposed(Tile32 self, RowFragments a, int b, int step) =>
            Add(self, a, MatrixLoad.Load(b + (step * SwizzledLane.StepBytes)));

        public static Tile32 Add(Tile32 self, RowFragments a, SwizzledLane b, int step) =>
            Add(self, a, MatrixLoad.LoadTransposed(b.Step(step)));

        public static TileRows Maximum(Tile32 self, TileRows rows) => new(self.Upper.Maximum(rows.Upper), self.Lower.Maximum(rows.Lower));

        public static Tile32 PowerOfTwo(Tile32 self, float scale, TileRows offsets) =>
            new(self.Upper.PowerOfTwo(scale, offsets.Upper), self.Lower.PowerOfTwo(scale, offsets.Lower));

        public static TileRows Sum(Tile32 self, TileRows rows) => new(self.Upper.Sum(rows.Upper), self.Lower.Sum(rows.Lower));

        public static RowSums SumByProduct(Tile32 self, RowSums sums) =>
            new(self.Upper.SumByProduct(sums.Upper), self.Lower.SumByProduct(sums.Lower));

        public static Tile32 Scale(Tile32 self, TileRows factors) => new(self.Upper.Scale(factors.Upper), self.Lower.Scale(factors.Lower));

        public static void Copy(TileCopy copy, MemoryRows rows, int step) => TileCopy.Copy(copy, rows, step);

        public static void Store(Tile32 self, SwizzledLane target, int step)
        {
            self.Upper.Store(target, step);
            self.Lower.Store(target.Down(16), step);
        }

        static TScores ITile<Tile32>.AddDepth<TScores>(TScores scores, SwizzledLane a, SwizzledLane b, int step)
        {
            var fragments = new RowFragments(MatrixLoad.Load(a.Step(step)), MatrixLoad.Load(a.Down(16).Step(step)));
            return TScores.AddTransposed(scores, fragments, b.Step(step), 0);
        }

        static TOutput ITile<Tile32>.AddWeighted<TOutput>(Tile32 self, TOutput output, SwizzledLane b, int step) =>
            TOutput.Add(output, new RowFragments(self.Upper.Pack(), self.Lower.Pack()), b.Down(16 * step), 0);

        static Tile32 ITile<Tile32>.Map<TFunction>(Tile32 self, TFunction function, int step) =>
            new(TFunction.Apply(function, self.Upper, 0, 16 * step), TFunction.Apply(function, self.Lower, 16, 16 * step));

        private static Tile32 Add(Tile32 self, RowFragments a, FragmentA b) =>
            new(self.Upper.Add(a.Upper, b), self.Lower.Add(a.Lower, b));
    }
}
