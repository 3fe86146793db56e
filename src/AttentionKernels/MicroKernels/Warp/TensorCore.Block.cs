namespace AttentionKernels.MicroKernels.Warp;

internal static partial class TensorCore<TElement>
{
    /// <summary>A, 16 or 32 rows of 16; of 16 rows the lower part is not used.</summary>
    internal readonly struct RowFragments(FragmentA upper, FragmentA lower)
    {
        public readonly FragmentA Upper = upper;
        public readonly FragmentA Lower = lower;

        /// <summary>Always 0, and in no register: ILGPU takes structs of as many integers for one type, however they are nested, and there
        /// are others of eight.</summary>
        public readonly byte Unlike = 0;
    }

    /// <summary>Sums over whole rows, as the tensor cores give them: in each column the same.</summary>
    internal readonly struct RowSums(Accumulator upper, Accumulator lower)
    {
        [RowsBelow(0)] public readonly Accumulator Upper = upper;
        [RowsBelow(2)] public readonly Accumulator Lower = lower;

        /// <summary>The sum of each row.</summary>
        public TileRows Rows => new(new RowPair(Upper.R0, Upper.R2), new RowPair(Lower.R0, Lower.R2));
    }

    /// <summary>16 × 16 of fp32, two accumulators side by side: what the tiles are made of.</summary>
    internal readonly struct Block(Accumulator left, Accumulator right)
    {
        [RowsBelow(0)] public readonly Accumulator Left = left;
        [RowsBelow(0)] public readonly Accumulator Right = right;

        /// <summary>this + A·B, with B 16 × 16 by one ldmatrix.</summary>
        public Block Add(FragmentA a, FragmentA b) => new(MultiplyAdd(a, b.Left, Left), MultiplyAdd(a, b.Right, Right));

        /// <summary>The block as A of the next product: accumulators have A's layout, so that nothing moves between lanes.</summary>
        public FragmentA Pack() => new(
            TensorCore<TElement>.Pack(Left.R0, Left.R1), TensorCore<TElement>.Pack(Left.R2, Left.R3),
            TensorCore<TElement>.Pack(Right.R0, Right.R1), TensorCore<TElement>.Pack(Right.R2, Right.R3));

        /// <summary>What packing rounds away.</summary>
        public Block Rest()
        {
            FragmentA packed = Pack();
            return new Block(Rest(Left, packed.R0, packed.R1), Rest(Right, packed.R2, packed.R3));
        }

        /// <summary>The sums of rows by a product with ones, added to those given.</summary>
        public Accumulator SumByProduct(Accumulator sums) =>
            MultiplyAdd(Pack(), new FragmentB(TElement.PackedOnes, TElement.PackedOnes), sums);

        /// <summary>The sums of the thread's numbers of each row, added to those given.</summary>
        public RowPair Sum(RowPair rows) => new(
            rows.First + Left.R0 + Left.R1 + Right.R0 + Right.R1, rows.Second + Left.R2 + Left.R3 + Right.R2 + Right.R3);

        /// <summary>The largest of the thread's numbers of each row and of those given.</summary>
        public RowPair Maximum(RowPair rows) => new(
            Larger(Larger(rows.First, Left.R0, Left.R1), Right.R0, Right.R1),
            Larger(Larger(rows.Second, Left.R2, Left.R3), Right.R2, Right.R3));

        /// <summary>2^(x·scale + offset).</summary>
        public Block PowerOfTwo(float scale, RowPair offsets) => new(PowerOfTwo(Left, scale, offsets), PowerOfTwo(Right, scale, offsets));

        /// <summary>e^(x − maximum) of each row, whose numbers are no larger.</summary>
        public Block Exponential(RowPair maxima) => new(Exponential(Left, maxima), Exponential(Right, maxima));

        /// <summary>Each column times its factor: of the thread's 2t, 2t + 1, 2t + 8 and 2t + 9.</summary>
        public Block ScaleColumns(RegisterRow factors) =>
            new(ScaleColumns(Left, factors.A, factors.B), ScaleColumns(Right, factors.C, factors.D));

        /// <summary>Each row times its factor.</summary>
        public Block Scale(RowPair factors) => new(Scale(Left, factors), Scale(Right, factors));

        /// <summary>Stores the block to shared memory, rounded to 16 bits.</summary>
        public void Store(SwizzledLane target, int step)
        {
            FragmentA packed = Pack();
            MemoryAddress.StoreShared(target.Step(step), packed.R0);
            MemoryAddress.StoreShared(target.Down(8).Step(step), packed.R1);
            MemoryAddress.StoreShared(target.Step(step, 1), packed.R2);
            MemoryAddress.StoreShared(target.Down(8).Step(step, 1), packed.R3);
        }

        private static Accumulator Rest(Accumulator x, uint upper, uint lower) =>
            new(x.R0 - Unpack(upper, 0), x.R1 - Unpack(upper, 1), x.R2 - Unpack(lower, 0), x.R3 - Unpack(lower, 1));

        private static float Larger(float x, float y, float z) => Math.Max(Math.Max(x, y), z);

        private static Accumulator PowerOfTwo(Accumulator x, float scale, RowPair offsets) => new(
            PowerOfTwo(x.R0, scale, offsets.First), PowerOfTwo(x.R1, scale, offsets.First),
            PowerOfTwo(x.R2, scale, offsets.Second), PowerOfTwo(x.R3, scale, offsets.Second));

        private static float PowerOfTwo(float x, float scale, float offset) =>
            Warp.PowerOfTwo.Approximate(FusedMultiplyAdd.Fma(x, scale, offset));

        private static Accumulator Exponential(Accumulator x, RowPair maxima) => new(
            Weight(x.R0, maxima.First), Weight(x.R1, maxima.First), Weight(x.R2, maxima.Second), Weight(x.R3, maxima.Second));

        private static float Weight(float x, float maximum) => MicroKernels.Exponential.ExpOfNegative(x - maximum);

        private static Accumulator ScaleColumns(Accumulator x, float left, float right) =>
            new(x.R0 * left, x.R1 * right, x.R2 * left, x.R3 * right);

        private static Accumulator Scale(Accumulator x, RowPair factors) =>
            new(x.R0 * factors.First, x.R1 * factors.First, x.R2 * factors.Second, x.R3 * factors.Second);
    }
}
