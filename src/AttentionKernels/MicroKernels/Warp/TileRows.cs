namespace AttentionKernels.MicroKernels.Warp;

/// <summary>A number for each of two rows, g and g + 8.</summary>
internal readonly struct RowPair(float first, float second)
{
    [RowsBelow(0)] public readonly float First = first;
    [RowsBelow(1)] public readonly float Second = second;

    /// <summary>this·factor.</summary>
    public RowPair Scale(float factor) => new(First * factor, Second * factor);

    /// <summary>The larger numbers.</summary>
    public RowPair Larger(float number) => new(Math.Max(First, number), Math.Max(Second, number));

    /// <summary>this·factors.</summary>
    public RowPair Scale(RowPair factors) => new(First * factors.First, Second * factors.Second);

    /// <summary>e^(x − maximum), of numbers that are no larger.</summary>
    public RowPair Exponential(RowPair maxima) => new(
        MicroKernels.Exponential.ExpOfNegative(First - maxima.First), MicroKernels.Exponential.ExpOfNegative(Second - maxima.Second));

    /// <summary>The smaller numbers.</summary>
    public RowPair Smaller(RowPair other) => new(Math.Min(First, other.First), Math.Min(Second, other.Second));

    /// <summary>The largest of the quad of threads that share the rows.</summary>
    public RowPair QuadMaximum() => LargerAcross(1).LargerAcross(2);

    /// <summary>The sum over the quad of threads that share the rows.</summary>
    public RowPair QuadSum() => AddAcross(1).AddAcross(2);

    private RowPair LargerAcross(int mask) =>
        new(Math.Max(First, WarpShuffle.Xor(First, mask)), Math.Max(Second, WarpShuffle.Xor(Second, mask)));

    private RowPair AddAcross(int mask) => new(First + WarpShuffle.Xor(First, mask), Second + WarpShuffle.Xor(Second, mask));
}

/// <summary>A number for each of the rows of a tile that a thread has a share in: g, g + 8, and of 32 rows also g + 16, g + 24.</summary>
internal readonly struct TileRows(RowPair upper, RowPair lower)
{
    [RowsBelow(0)] public readonly RowPair Upper = upper;
    [RowsBelow(2)] public readonly RowPair Lower = lower;

    /// <summary>One number for all rows.</summary>
    public static TileRows All(float number) => new(new RowPair(number, number), new RowPair(number, number));

    /// <summary>this·factor.</summary>
    public TileRows Scale(float factor) => new(Upper.Scale(factor), Lower.Scale(factor));

    /// <summary>The smaller numbers.</summary>
    public TileRows Smaller(TileRows other) => new(Upper.Smaller(other.Upper), Lower.Smaller(other.Lower));

    /// <summary>The largest of the quad of threads that share the rows of a tile of 16 or 32.</summary>
    public TileRows QuadMaximum(int rows) => new(Upper.QuadMaximum(), rows > 16 ? Lower.QuadMaximum() : Lower);

    /// <summary>The sum over the quad of threads that share the rows of a tile of 16 or 32.</summary>
    public TileRows QuadSum(int rows) => new(Upper.QuadSum(), rows > 16 ? Lower.QuadSum() : Lower);
}
