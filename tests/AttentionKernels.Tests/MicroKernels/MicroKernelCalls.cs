using AttentionKernels.Formats;
using AttentionKernels.MicroKernels;
using AttentionKernels.Simd;
using ILGPU;

namespace AttentionKernels.Tests.MicroKernels;

/// <summary>Calls of a micro-kernel over a common memory; a tile is a call. Each has a row of numbers: offsets of its operands, then sizes. Offsets are lists of where rows lie.</summary>
internal readonly record struct MicroKernelArguments(
    ArrayView<float> Memory, ArrayView<int> Numbers, ArrayView<long> Offsets, ArrayView<byte> Units)
{
    /// <summary>Numbers of a call, used or not.</summary>
    public const int NumbersPerCall = 12;

    /// <summary>The memory as stored elements of another size, whose offsets count from the same place; of block formats, the units.</summary>
    public ArrayView<TElement> Stored<TElement>()
        where TElement : unmanaged, IFormat<TElement> => TElement.PerUnit > 2 ? Units.Cast<TElement>() : Memory.Cast<TElement>();

    /// <summary>Scale, center, offset and inverse, which lie at the offsets that a call has from an index on.</summary>
    public Standardization Standardization(long call, int index) => new()
    {
        Scale = Memory[this[call, index]],
        Center = Memory[this[call, index + 1]],
        Offset = Memory[this[call, index + 2]],
        Inverse = Memory[this[call, index + 3]],
    };

    /// <summary>The memory from the offset on that a call has at an index.</summary>
    public ArrayView<float> From(long call, int index) => Memory.SubView(this[call, index]);

    /// <summary>Likewise, as stored elements.</summary>
    public ArrayView<TElement> StoredFrom<TElement>(long call, int index)
        where TElement : unmanaged, IFormat<TElement> => Stored<TElement>().SubView(this[call, index]);

    /// <summary>Rows that lie at listed offsets behind the one that a call has at an index.</summary>
    public RowList<TElement> Rows<TElement>(long call, int source, int firstOffset, int rows, int length)
        where TElement : unmanaged, IFormat<TElement> =>
        new(StoredFrom<TElement>(call, source), Offsets.SubView(this[call, firstOffset]), this[call, rows], this[call, length]);

    /// <summary>The angles of a call that turns pairs.</summary>
    public RotaryAngles Angles(long call) => new(From(call, 1), From(call, 2));

    /// <summary>The heads of a call that turns pairs.</summary>
    public RotaryShape Heads(long call) => new()
    {
        RowStride = this[call, 4],
        TargetStride = this[call, 5],
        Heads = this[call, 6],
        Pairs = this[call, 7],
        Dimension = this[call, 8],
    };

    /// <summary>A number of a call.</summary>
    public int this[long call, int index] => Numbers[(call * NumbersPerCall) + index];
}

/// <summary>A micro-kernel, chosen at compile time.</summary>
internal interface IMicroKernel
{
    static abstract void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector>;
}

/// <summary>Calls a micro-kernel once per tile.</summary>
internal readonly struct MicroKernelCalls<TMicroKernel, TVector> : ITileKernel<MicroKernelArguments>
    where TMicroKernel : struct, IMicroKernel
    where TVector : struct, IVector<TVector>
{
    public static void Run(MicroKernelArguments arguments, long tile, ArrayView<float> scratch) => TMicroKernel.Call<TVector>(arguments, tile);
}

/// <summary>keys, queries, scores, rows ahead; count, dimension, key stride, first offset ahead, rows ahead, their dimension.</summary>
internal readonly struct PanelScores<TElement> : IMicroKernel
    where TElement : unmanaged, IFormat<TElement>
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector> =>
        PackedGemm<TVector, TElement>.Scores(
            new TileView(arguments.From(call, 0), stride: arguments[call, 6]), arguments.From(call, 1), arguments.From(call, 2),
            count: arguments[call, 4], dimension: arguments[call, 5],
            arguments.Rows<TElement>(call, source: 3, firstOffset: 7, rows: 8, length: 9));
}

/// <summary>values, weights, factors, outputs, rows ahead; block stride, blocks, count, first offset ahead, rows ahead, their dimension.</summary>
internal readonly struct PanelOutputs<TElement> : IMicroKernel
    where TElement : unmanaged, IFormat<TElement>
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector> =>
        PackedGemm<TVector, TElement>.Outputs(
            new TileView(arguments.From(call, 0), stride: arguments[call, 5]), arguments.From(call, 1), arguments.From(call, 2),
            arguments.From(call, 3), blocks: arguments[call, 6], count: arguments[call, 7],
            arguments.Rows<TElement>(call, source: 4, firstOffset: 8, rows: 9, length: 10));
}

/// <summary>scores, maxima, sums, factors, scale; count.</summary>
internal readonly struct PanelUpdate : IMicroKernel
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector> =>
        PanelSoftmax<TVector>.Update(
            arguments.From(call, 0), count: arguments[call, 5], scale: arguments.Memory[arguments[call, 4]],
            new SoftmaxRows(arguments.From(call, 1), arguments.From(call, 2), arguments.From(call, 3)));
}

/// <summary>scores, lower, upper; count.</summary>
internal readonly struct PanelMask : IMicroKernel
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector> =>
        PanelSoftmax<TVector>.Mask(
            arguments.From(call, 0), count: arguments[call, 3], arguments.From(call, 1), arguments.From(call, 2));
}

/// <summary>panel, row; count.</summary>
internal readonly struct LaneFill<TElement> : IMicroKernel
    where TElement : unmanaged, IElement<TElement>
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector> =>
        RowKernels<TVector, TElement, CachedStore>.PanelLane.Pack(arguments.From(call, 0), arguments.StoredFrom<TElement>(call, 1), arguments[call, 2]);
}

/// <summary>panel, row, factor; count.</summary>
internal readonly struct LaneStore<TElement> : IMicroKernel
    where TElement : unmanaged, IElement<TElement>
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector> =>
        RowKernels<TVector, TElement, CachedStore>.PanelLane.Unpack(
            arguments.From(call, 0), arguments.Memory[arguments[call, 2]], arguments.StoredFrom<TElement>(call, 1), arguments[call, 3]);
}

/// <summary>source, target; first source offset, target stride, rows, count.</summary>
internal readonly struct GatherRows<TElement> : IMicroKernel
    where TElement : unmanaged, IFormat<TElement>
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector> =>
        TileGather<TElement>.Rows(
            arguments.Rows<TElement>(call, source: 0, firstOffset: 2, rows: 4, length: 5),
            new TileView(arguments.From(call, 1), stride: arguments[call, 3]));
}

/// <summary>source, target, returned flag; first source offset, block stride, rows, count.</summary>
internal readonly struct GatherBlocks<TElement> : IMicroKernel
    where TElement : unmanaged, IFormat<TElement>
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector> =>
        arguments.Memory[arguments[call, 2]] = TileGather<TElement>.BlockGather<TVector>.Gather(
            arguments.Rows<TElement>(call, source: 0, firstOffset: 3, rows: 5, length: 6),
            new TileView(arguments.From(call, 1), stride: arguments[call, 4]));
}

/// <summary>source, target; first source offset, source stride, target stride, rows, count.</summary>
internal readonly struct GatherColumns : IMicroKernel
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector> =>
        TileGather.Columns(
            arguments.From(call, 0), sourceStride: arguments[call, 3], arguments.Offsets.SubView(arguments[call, 2]),
            new TileView(arguments.From(call, 1), stride: arguments[call, 4]), rows: arguments[call, 5], columns: arguments[call, 6]);
}

/// <summary>target, in pairs of elements; start, stride, count.</summary>
internal readonly struct OffsetFill : IMicroKernel
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector> =>
        RowOffsets.Fill(
            arguments.Memory.Cast<long>().SubView(arguments[call, 0]), start: arguments[call, 1], stride: arguments[call, 2], count: arguments[call, 3]);
}

/// <summary>rows, tokens, scores; first token offset, known, head stride, score stride, heads, rows per head, count, dimension.</summary>
internal readonly struct RowScores<TElement> : IMicroKernel
    where TElement : unmanaged, IFormat<TElement>
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector> =>
        SkinnyGemm<TVector, TElement>.Scores(
            arguments.From(call, 0),
            new HeadRows<TElement>(
                arguments.Rows<TElement>(call, source: 1, firstOffset: 3, rows: 4, length: 10), headStride: arguments[call, 5],
                heads: arguments[call, 7], tokens: arguments[call, 9]),
            new TileView(arguments.From(call, 2), stride: arguments[call, 6]), rowsPerHead: arguments[call, 8]);
}

/// <summary>rows, tokens, scores; token stride, score stride, rows, count, dimension.</summary>
internal readonly struct RowScoresAtStride<TElement> : IMicroKernel
    where TElement : unmanaged, IFormat<TElement>
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector> =>
        SkinnyGemm<TVector, TElement>.Scores(
            arguments.From(call, 0), arguments.StoredFrom<TElement>(call, 1), tokenStride: arguments[call, 3],
            new TileView(arguments.From(call, 2), stride: arguments[call, 4]),
            rowCount: arguments[call, 5], count: arguments[call, 6], dimension: arguments[call, 7]);
}

/// <summary>weights, tokens, outputs; first token offset, known, head stride, weight stride, heads, rows per head, count, dimension.</summary>
internal readonly struct RowOutputs<TElement> : IMicroKernel
    where TElement : unmanaged, IFormat<TElement>
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector> =>
        SkinnyGemm<TVector, TElement>.Outputs(
            new TileView(arguments.From(call, 0), stride: arguments[call, 6]),
            new HeadRows<TElement>(
                arguments.Rows<TElement>(call, source: 1, firstOffset: 3, rows: 4, length: 10), headStride: arguments[call, 5],
                heads: arguments[call, 7], tokens: arguments[call, 9]),
            arguments.From(call, 2), rowsPerHead: arguments[call, 8]);
}

/// <summary>scores, maxima, sums, factors, scale; stride, rows, count.</summary>
internal readonly struct RowUpdate : IMicroKernel
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector> =>
        RowSoftmax<TVector>.Update(
            new TileView(arguments.From(call, 0), stride: arguments[call, 5]), rows: arguments[call, 6], count: arguments[call, 7],
            scale: arguments.Memory[arguments[call, 4]],
            new SoftmaxRows(arguments.From(call, 1), arguments.From(call, 2), arguments.From(call, 3)));
}

/// <summary>left, right, returned product; count.</summary>
internal readonly struct RowDot : IMicroKernel
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector> =>
        arguments.Memory[arguments[call, 2]] = VectorRow.Dot(
            arguments.From(call, 0), arguments.From(call, 1), arguments[call, 3]);
}

/// <summary>accumulator, row; count.</summary>
internal readonly struct RowMultiplyAdd : IMicroKernel
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector> =>
        VectorRow.MultiplyAdd(arguments.From(call, 0), 2f, arguments.From(call, 1), arguments[call, 2]);
}

/// <summary>target, row; count.</summary>
internal readonly struct RowScale : IMicroKernel
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector> =>
        VectorRow.Scale(arguments.From(call, 0), 2f, arguments.From(call, 1), arguments[call, 2]);
}

/// <summary>target, row; count.</summary>
internal readonly struct RowMultiply : IMicroKernel
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector> =>
        VectorRow.Multiply(arguments.From(call, 0), arguments.From(call, 1), arguments[call, 2]);
}

/// <summary>target; count.</summary>
internal readonly struct RowClear : IMicroKernel
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector> =>
        VectorRow.Clear(arguments.From(call, 0), arguments[call, 1]);
}

/// <summary>row, scale, center, returned sum, returned squares; count.</summary>
internal readonly struct NormSums<TElement> : IMicroKernel
    where TElement : unmanaged, IElement<TElement>
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector>
    {
        ShiftedSums sums = RowKernels<TVector, TElement, CachedStore>.RowMoments.Sums(
            arguments.StoredFrom<TElement>(call, 0), scale: arguments.Memory[arguments[call, 1]], center: arguments.Memory[arguments[call, 2]], arguments[call, 5]);
        arguments.Memory[arguments[call, 3]] = sums.Sum;
        arguments.Memory[arguments[call, 4]] = sums.Squares;
    }
}

/// <summary>input, scale, returned high word, returned low word; stride, planes, count.</summary>
internal readonly struct RowTotal<TElement> : IMicroKernel
    where TElement : unmanaged, IElement<TElement>
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector>
    {
        DoubleWordSum sum = RowKernels<TVector, TElement, CachedStore>.RowMoments.Sum(
            arguments.StoredFrom<TElement>(call, 0), stride: arguments[call, 4], planes: arguments[call, 5], count: arguments[call, 6],
            scale: arguments.Memory[arguments[call, 1]]);
        arguments.Memory[arguments[call, 2]] = sum.High;
        arguments.Memory[arguments[call, 3]] = sum.Low;
    }
}

/// <summary>row, target, weight, bias, scale, center, offset, inverse; count.</summary>
internal readonly struct NormNormalize<TElement, TAffine, TStore> : IMicroKernel
    where TElement : unmanaged, IElement<TElement>
    where TAffine : struct, IAffine
    where TStore : struct, IStorePolicy
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector> =>
        RowKernels<TVector, TElement, TStore>.RowNorm<TAffine>.Normalize(
            arguments.StoredFrom<TElement>(call, 0), arguments.Standardization(call, 4), arguments.From(call, 2), arguments.From(call, 3),
            arguments.StoredFrom<TElement>(call, 1), arguments[call, 8]);
}

/// <summary>row, returned magnitude, weight, bias, scale, center, offset, inverse; count.</summary>
internal readonly struct NormMagnitude<TElement, TAffine> : IMicroKernel
    where TElement : unmanaged, IElement<TElement>
    where TAffine : struct, IAffine
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector> =>
        arguments.Memory[arguments[call, 1]] = RowKernels<TVector, TElement, CachedStore>.RowNorm<TAffine>.Magnitude(
            arguments.StoredFrom<TElement>(call, 0), arguments.Standardization(call, 4), arguments.From(call, 2), arguments.From(call, 3),
            arguments[call, 8]);
}

/// <summary>row, stored target, weight, bias, scale, center, offset, inverse, scale of the numbers; count.</summary>
internal readonly struct NormQuantize<TElement, TAffine, TNumber> : IMicroKernel
    where TElement : unmanaged, IElement<TElement>
    where TAffine : struct, IAffine
    where TNumber : unmanaged, IWritableFormat<TNumber>
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector> =>
        RowKernels<TVector, TElement, CachedStore>.RowNorm<TAffine>.Into<TNumber>.Quantize(
            arguments.StoredFrom<TElement>(call, 0), arguments.Standardization(call, 4), arguments.From(call, 2), arguments.From(call, 3),
            scale: arguments.Memory[arguments[call, 8]], arguments.StoredFrom<TNumber>(call, 1), arguments[call, 9]);
}

/// <summary>row, returned maximum, returned sum; count.</summary>
internal readonly struct SumOfExponentials<TElement> : IMicroKernel
    where TElement : unmanaged, IElement<TElement>
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector>
    {
        ExponentialSum sum = RowKernels<TVector, TElement, CachedStore>.RowExponentials.Sum(arguments.StoredFrom<TElement>(call, 0), arguments[call, 3]);
        arguments.Memory[arguments[call, 1]] = sum.Maximum;
        arguments.Memory[arguments[call, 2]] = sum.Sum;
    }
}

/// <summary>row, target, subtrahend, factor; count.</summary>
internal readonly struct NormalizeExponentials<TElement, TStore> : IMicroKernel
    where TElement : unmanaged, IElement<TElement>
    where TStore : struct, IStorePolicy
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector> =>
        RowKernels<TVector, TElement, TStore>.RowExponentials.Normalize(
            arguments.StoredFrom<TElement>(call, 0), subtrahend: arguments.Memory[arguments[call, 2]], factor: arguments.Memory[arguments[call, 3]],
            arguments.StoredFrom<TElement>(call, 1), arguments[call, 4]);
}

/// <summary>rows, indices, target; row, row count, count.</summary>
internal readonly struct AddIndexedRows<TElement> : IMicroKernel
    where TElement : unmanaged, IElement<TElement>
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector> =>
        RowKernels<TVector, TElement, CachedStore>.IndexedRows.Add(
            arguments.StoredFrom<TElement>(call, 0), arguments.From(call, 1).Cast<int>(), arguments[call, 3], arguments[call, 4],
            arguments.StoredFrom<TElement>(call, 2), arguments[call, 5]);
}

/// <summary>x, y, target; count.</summary>
internal readonly struct FormulaOfRows<TElement, TFormula, TStore> : IMicroKernel
    where TElement : unmanaged, IElement<TElement>
    where TFormula : struct, IFormula
    where TStore : struct, IStorePolicy
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector> =>
        RowKernels<TVector, TElement, TStore>.RowFormula.Of<TFormula>.Apply(
            arguments.StoredFrom<TElement>(call, 0), arguments.StoredFrom<TElement>(call, 1), arguments.StoredFrom<TElement>(call, 2), arguments[call, 3]);
}

/// <summary>row, cosine, sine, target; row stride, target stride, heads, pairs, dimension.</summary>
internal readonly struct RotaryHalfSplit<TElement, TStore> : IMicroKernel
    where TElement : unmanaged, IElement<TElement>
    where TStore : struct, IStorePolicy
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector> =>
        RowKernels<TVector, TElement, TStore>.RotaryRow.HalfSplit(
            arguments.StoredFrom<TElement>(call, 0), arguments.Angles(call), arguments.StoredFrom<TElement>(call, 3), arguments.Heads(call));
}

/// <summary>Likewise.</summary>
internal readonly struct RotaryInterleaved<TElement, TStore> : IMicroKernel
    where TElement : unmanaged, IElement<TElement>
    where TStore : struct, IStorePolicy
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector> =>
        RowKernels<TVector, TElement, TStore>.RotaryRow.Interleaved(
            arguments.StoredFrom<TElement>(call, 0), arguments.Angles(call), arguments.StoredFrom<TElement>(call, 3), arguments.Heads(call));
}
