namespace AttentionKernels.MicroKernels.Warp;

internal static partial class TensorCore<TElement>
{
    /// <summary>A leaf of 16 rows: for few rows, and for outputs so wide that 32 rows of them do not fit into registers.</summary>
    internal readonly struct Tile16(Block block) : ITile<Tile16>
    {
        [RowsBelow(0)] public readonly Block Block = block;

        public static int Steps => 1;

        public static int Rows => 16;

        public static Tile16 AddTransposed(Tile16 self, RowFragments a, int b, int step) =>
            new(self.Block.Add(a.Upper, MatrixLoad.Load(b + (step * SwizzledLane.StepBytes))));

        public static Tile16 Add(Tile16 self, RowFragments a, SwizzledLane b, int step) =>
            new(self.Block.Add(a.Upper, MatrixLoad.LoadTransposed(b.Step(step))));

        public static TileRows Maximum(Tile16 self, TileRows rows) => new(self.Block.Maximum(rows.Upper), rows.Lower);

        public static Tile16 PowerOfTwo(Tile16 self, float scale, TileRows offsets) => new(self.Block.PowerOfTwo(scale, offsets.Upper));

        public static TileRows Sum(Tile16 self, TileRows rows) => new(self.Block.Sum(rows.Upper), rows.Lower);

        public static RowSums SumByProduct(Tile16 self, RowSums sums) => new(self.Block.SumByProduct(sums.Upper), sums.Lower);

        public static Tile16 Scale(Tile16 self, TileRows factors) => new(self.Block.Scale(factors.Upper));

        public static void Copy(TileCopy copy, MemoryRows rows, int step) => TileCopy.Copy(copy, rows, step);

        public static void Store(Tile16 self, SwizzledLane target, int step) => self.Block.Store(target, step);

        static TScores ITile<Tile16>.AddDepth<TScores>(TScores scores, SwizzledLane a, SwizzledLane b, int step) =>
            TScores.AddTransposed(scores, new RowFragments(MatrixLoad.Load(a.Step(step)), default), b.Step(step), 0);

        static TOutput ITile<Tile16>.AddWeighted<TOutput>(Tile16 self, TOutput output, SwizzledLane b, int step) =>
            TOutput.Add(output, new RowFragments(self.Block.Pack(), default), b.Down(16 * step), 0);

        static Tile16 ITile<Tile16>.Map<TFunction>(Tile16 self, TFunction function, int step) =>
            new(TFunction.Apply(function, self.Block, 0, 16 * step));
    }
}
