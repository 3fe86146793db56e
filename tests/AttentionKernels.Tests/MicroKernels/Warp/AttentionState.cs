using AttentionKernels.Formats;
using AttentionKernels.MicroKernels.Warp;
using ILGPU;

namespace AttentionKernels.Tests.MicroKernels.Warp;

/// <summary>The online softmax of a warp: Σ weight·value, Σ weight, and the maxima, negated and in units of the exponent.</summary>
/// <remarks>The next block of keys is a part of it, too: ILGPU takes structs of as many fp32 numbers for one, and no tile has an integer.</remarks>
internal readonly struct AttentionState<TOutput, TSums>(TOutput output, TSums sums, TileRows maximum, int block)
{
    [RowsBelow(0)] public readonly TOutput Output = output;
    [RowsBelow(0)] public readonly TSums Sums = sums;
    public readonly TileRows Maximum = maximum;
    public readonly int Block = block;
}

/// <summary>How weights are summed up.</summary>
internal interface IWeightSums<TElement, TSelf>
    where TElement : unmanaged, IMmaElement<TElement>
{
    static abstract TSelf Add<TTile>(TSelf self, TTile weights)
        where TTile : struct, TensorCore<TElement>.ITile<TTile>;

    static abstract TileRows Rows(TSelf self, int rows);
}

/// <summary>In fp32, a thread's share at a time.</summary>
internal readonly struct SumsByAddition<TElement>(TileRows rows) : IWeightSums<TElement, SumsByAddition<TElement>>
    where TElement : unmanaged, IMmaElement<TElement>
{
    [RowsBelow(0)] public readonly TileRows Own = rows;

    public static SumsByAddition<TElement> Add<TTile>(SumsByAddition<TElement> self, TTile weights)
        where TTile : struct, TensorCore<TElement>.ITile<TTile> => new(TTile.Sum(weights, self.Own));

    public static TileRows Rows(SumsByAddition<TElement> self, int rows) => self.Own.QuadSum(rows);
}

/// <summary>By the tensor cores, of the weights as they multiply the values.</summary>
internal readonly struct SumsByProduct<TElement>(TensorCore<TElement>.RowSums sums) : IWeightSums<TElement, SumsByProduct<TElement>>
    where TElement : unmanaged, IMmaElement<TElement>
{
    [RowsBelow(0)] public readonly TensorCore<TElement>.RowSums Sums = sums;

    public static SumsByProduct<TElement> Add<TTile>(SumsByProduct<TElement> self, TTile weights)
        where TTile : struct, TensorCore<TElement>.ITile<TTile> => new(TTile.SumByProduct(weights, self.Sums));

    public static TileRows Rows(SumsByProduct<TElement> self, int rows) => self.Sums.Rows;
}

/// <summary>Where values lie in global memory, for a thread that copies, and how far from them the keys of the block before do.</summary>
internal readonly struct AttentionSource(long values, long toKeys, long stepBytes)
{
    public readonly long Values = values;
    public readonly long ToKeys = toKeys;
    public readonly long StepBytes = stepBytes;

    public long Keys => Values + ToKeys;

    public AttentionSource Before(long bytes) => new(Values - bytes, ToKeys, StepBytes);
}

/// <summary>The tiles in shared memory.</summary>
internal readonly struct AttentionTile(int shared, int sharedKeys, int sharedValues, SwizzledLane queries, SwizzledLane keyLane, SwizzledLane valueLane)
{
    public readonly int Shared = shared;
    public readonly int SharedKeys = sharedKeys;
    public readonly int SharedValues = sharedValues;
    public readonly SwizzledLane Queries = queries;
    public readonly SwizzledLane KeyLane = keyLane;
    public readonly SwizzledLane ValueLane = valueLane;

    public static AttentionTile Of(int thread, int warpRows, int pages, int rowPageBytes, int keyPageBytes)
    {
        int shared = (MemoryAddress.OfShared(ref SharedMemory.GetDynamic<long>()[0]) + 127) & ~127;
        int keys = shared + (pages * rowPageBytes);
        int values = keys + (pages * keyPageBytes);
        int lane = thread & 31;
        int warp = shared + ((thread >> 5) * warpRows * SwizzledLane.RowBytes);
        return new(
            shared, keys, values, SwizzledLane.OfRows(warp, rowPageBytes, lane), SwizzledLane.OfColumns(keys, keyPageBytes, lane),
            SwizzledLane.OfRows(values, keyPageBytes, lane));
    }
}

/// <summary>What a thread knows.</summary>
internal readonly struct AttentionLane(AttentionTile tile, int firstWarpRow, int shift, int keys, float scale)
{
    public readonly AttentionTile Tile = tile;
    public readonly int FirstWarpRow = firstWarpRow;
    public readonly int Shift = shift;
    public readonly int Keys = keys;
    public readonly float Scale = scale;

    public static TileRows Inverse(TileRows sums) => new(
        new RowPair(Inverse(sums.Upper.First), Inverse(sums.Upper.Second)), new RowPair(Inverse(sums.Lower.First), Inverse(sums.Lower.Second)));

    public static TileRows Finite(TileRows rows) => new(
        new RowPair(Finite(rows.Upper.First), Finite(rows.Upper.Second)), new RowPair(Finite(rows.Lower.First), Finite(rows.Lower.Second)));

    public VisibleKeys<TElement, TCausal> Mask<TElement, TCausal>(int firstKey)
        where TElement : unmanaged, IMmaElement<TElement>
        where TCausal : struct, IChoice
    {
        int column = firstKey + ((Group.IdxX & 3) * 2);
        int row = FirstWarpRow + ((Group.IdxX & 31) >> 2);
        return new VisibleKeys<TElement, TCausal>(row + Shift - column, Keys - column);
    }

    private static float Inverse(float sum) => sum == 0f ? 0f : 1f / sum;

    private static float Finite(float maximum) => maximum == float.PositiveInfinity ? 0f : maximum;
}

/// <summary>−∞ for keys that do not exist and, where the mask is causal, for those after the query.</summary>
internal readonly struct VisibleKeys<TElement, TCausal>(int last, int count) : TensorCore<TElement>.ITileFunction<VisibleKeys<TElement, TCausal>>
    where TElement : unmanaged, IMmaElement<TElement>
    where TCausal : struct, IChoice
{
    public readonly int Last = last;
    public readonly int Count = count;

    public static float Apply(VisibleKeys<TElement, TCausal> self, float number, int row, int column)
    {
        int end = TCausal.Is ? Math.Min(self.Count, self.Last + row + 1) : self.Count;
        return column < end ? number : float.NegativeInfinity;
    }
}
