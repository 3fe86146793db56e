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
        PackedGemm.Scores<TElement, TVector>(
            arguments.Memory, arguments[call, 0], arguments.Memory, arguments[call, 1], arguments.Memory, arguments[call, 2],
            arguments[call, 4], arguments[call, 5], arguments[call, 6],
            arguments.Stored<TElement>(), arguments[call, 3], arguments.Offsets, arguments[call, 7], arguments[call, 8], arguments[call, 9]);
}

/// <summary>values, weights, factors, outputs, rows ahead; block stride, blocks, count, first offset ahead, rows ahead, their dimension.</summary>
internal readonly struct PanelOutputs<TElement> : IMicroKernel
    where TElement : unmanaged, IFormat<TElement>
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector> =>
        PackedGemm.Outputs<TElement, TVector>(
            arguments.Memory, arguments[call, 0], arguments[call, 5], arguments.Memory, arguments[call, 1], arguments.Memory, arguments[call, 2],
            arguments.Memory, arguments[call, 3], arguments[call, 6], arguments[call, 7],
            arguments.Stored<TElement>(), arguments[call, 4], arguments.Offsets, arguments[call, 8], arguments[call, 9], arguments[call, 10]);
}

/// <summary>scores, maxima, sums, factors, scale; count.</summary>
internal readonly struct PanelUpdate : IMicroKernel
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector> =>
        PanelSoftmax.Update<TVector>(
            arguments.Memory, arguments[call, 0], arguments[call, 5], arguments.Memory[arguments[call, 4]],
            arguments.Memory, arguments[call, 1], arguments.Memory, arguments[call, 2], arguments.Memory, arguments[call, 3]);
}

/// <summary>scores, lower, upper; count.</summary>
internal readonly struct PanelMask : IMicroKernel
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector> =>
        PanelSoftmax.Mask<TVector>(
            arguments.Memory, arguments[call, 0], arguments[call, 3], arguments.Memory, arguments[call, 1], arguments.Memory, arguments[call, 2]);
}

/// <summary>panel, row; count.</summary>
internal readonly struct LaneFill<TElement> : IMicroKernel
    where TElement : unmanaged, IElement<TElement>
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector> =>
        PanelLane.Pack<TElement, TVector>(arguments.Memory, arguments[call, 0], arguments.Stored<TElement>(), arguments[call, 1], arguments[call, 2]);
}

/// <summary>panel, row, factor; count.</summary>
internal readonly struct LaneStore<TElement> : IMicroKernel
    where TElement : unmanaged, IElement<TElement>
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector> =>
        PanelLane.Unpack<TElement, TVector>(
            arguments.Memory, arguments[call, 0], arguments.Memory[arguments[call, 2]], arguments.Stored<TElement>(), arguments[call, 1], arguments[call, 3]);
}

/// <summary>source, target; first source offset, target stride, rows, count.</summary>
internal readonly struct GatherRows<TElement> : IMicroKernel
    where TElement : unmanaged, IFormat<TElement>
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector> =>
        TileGather.Rows(
            arguments.Stored<TElement>(), arguments[call, 0], arguments.Offsets, arguments[call, 2], arguments.Memory, arguments[call, 1], arguments[call, 3],
            arguments[call, 4], arguments[call, 5]);
}

/// <summary>source, target, returned flag; first source offset, block stride, rows, count.</summary>
internal readonly struct GatherBlocks<TElement> : IMicroKernel
    where TElement : unmanaged, IFormat<TElement>
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector> =>
        arguments.Memory[arguments[call, 2]] = TileGather.Blocks<TElement, TVector>(
            arguments.Stored<TElement>(), arguments[call, 0], arguments.Offsets, arguments[call, 3], arguments.Memory, arguments[call, 1], arguments[call, 4],
            arguments[call, 5], arguments[call, 6]);
}

/// <summary>source, target; first source offset, source stride, target stride, rows, count.</summary>
internal readonly struct GatherColumns : IMicroKernel
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector> =>
        TileGather.Columns(
            arguments.Memory, arguments[call, 0], arguments[call, 3], arguments.Offsets, arguments[call, 2], arguments.Memory, arguments[call, 1], arguments[call, 4],
            arguments[call, 5], arguments[call, 6]);
}

/// <summary>target, in pairs of elements; start, stride, count.</summary>
internal readonly struct OffsetFill : IMicroKernel
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector> =>
        RowOffsets.Fill(arguments.Memory.Cast<long>(), arguments[call, 0], arguments[call, 1], arguments[call, 2], arguments[call, 3]);
}

/// <summary>rows, tokens, scores; first token offset, known, head stride, score stride, heads, rows per head, count, dimension.</summary>
internal readonly struct RowScores<TElement> : IMicroKernel
    where TElement : unmanaged, IFormat<TElement>
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector> =>
        SkinnyGemm.Scores<TElement, TVector>(
            arguments.Memory, arguments[call, 0], arguments.Stored<TElement>(), arguments[call, 1], arguments[call, 5], arguments.Offsets, arguments[call, 3],
            arguments[call, 4], arguments.Memory, arguments[call, 2], arguments[call, 6], arguments[call, 7], arguments[call, 8], arguments[call, 9], arguments[call, 10]);
}

/// <summary>rows, tokens, scores; token stride, score stride, rows, count, dimension.</summary>
internal readonly struct RowScoresAtStride<TElement> : IMicroKernel
    where TElement : unmanaged, IFormat<TElement>
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector> =>
        SkinnyGemm.Scores<TElement, TVector>(
            arguments.Memory, arguments[call, 0], arguments.Stored<TElement>(), arguments[call, 1], arguments[call, 3],
            arguments.Memory, arguments[call, 2], arguments[call, 4], arguments[call, 5], arguments[call, 6], arguments[call, 7]);
}

/// <summary>weights, tokens, outputs; first token offset, known, head stride, weight stride, heads, rows per head, count, dimension.</summary>
internal readonly struct RowOutputs<TElement> : IMicroKernel
    where TElement : unmanaged, IFormat<TElement>
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector> =>
        SkinnyGemm.Outputs<TElement, TVector>(
            arguments.Memory, arguments[call, 0], arguments[call, 6], arguments.Stored<TElement>(), arguments[call, 1], arguments[call, 5], arguments.Offsets,
            arguments[call, 3], arguments[call, 4], arguments.Memory, arguments[call, 2], arguments[call, 7], arguments[call, 8], arguments[call, 9], arguments[call, 10]);
}

/// <summary>scores, maxima, sums, factors, scale; stride, rows, count.</summary>
internal readonly struct RowUpdate : IMicroKernel
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector> =>
        RowSoftmax.Update<TVector>(
            arguments.Memory, arguments[call, 0], arguments[call, 5], arguments[call, 6], arguments[call, 7], arguments.Memory[arguments[call, 4]],
            arguments.Memory, arguments[call, 1], arguments.Memory, arguments[call, 2], arguments.Memory, arguments[call, 3]);
}

/// <summary>left, right, returned product; count.</summary>
internal readonly struct RowDot : IMicroKernel
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector> =>
        arguments.Memory[arguments[call, 2]] = VectorRow.Dot(
            arguments.Memory, arguments[call, 0], arguments.Memory, arguments[call, 1], arguments[call, 3]);
}

/// <summary>accumulator, row; count.</summary>
internal readonly struct RowMultiplyAdd : IMicroKernel
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector> =>
        VectorRow.MultiplyAdd(arguments.Memory, arguments[call, 0], 2f, arguments.Memory, arguments[call, 1], arguments[call, 2]);
}

/// <summary>target, row; count.</summary>
internal readonly struct RowScale : IMicroKernel
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector> =>
        VectorRow.Scale(arguments.Memory, arguments[call, 0], 2f, arguments.Memory, arguments[call, 1], arguments[call, 2]);
}

/// <summary>target, row; count.</summary>
internal readonly struct RowMultiply : IMicroKernel
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector> =>
        VectorRow.Multiply(arguments.Memory, arguments[call, 0], arguments.Memory, arguments[call, 1], arguments[call, 2]);
}

/// <summary>target; count.</summary>
internal readonly struct RowClear : IMicroKernel
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector> =>
        VectorRow.Clear(arguments.Memory, arguments[call, 0], arguments[call, 1]);
}

/// <summary>row, scale, center, returned sum, returned squares; count.</summary>
internal readonly struct NormSums : IMicroKernel
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector>
    {
        ShiftedSums sums = RowNorm.Sums<TVector>(
            arguments.Memory, arguments[call, 0], arguments.Memory[arguments[call, 1]], arguments.Memory[arguments[call, 2]], arguments[call, 5]);
        arguments.Memory[arguments[call, 3]] = sums.Sum;
        arguments.Memory[arguments[call, 4]] = sums.Squares;
    }
}

/// <summary>row, target, weight, bias, scale, center, offset, inverse; count.</summary>
internal readonly struct NormNormalize<TAffine, TStore> : IMicroKernel
    where TAffine : struct, IAffine
    where TStore : struct, IStorePolicy
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector> =>
        RowNorm.Normalize<TVector, TAffine, TStore>(
            arguments.Memory, arguments[call, 0], arguments.Standardization(call, 4),
            arguments.Memory, arguments[call, 2], arguments.Memory, arguments[call, 3], arguments.Memory, arguments[call, 1], arguments[call, 8]);
}

/// <summary>row, target, weight, bias, scale, center, offset, inverse; count.</summary>
internal readonly struct NormPlane : IMicroKernel
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector> =>
        RowNorm.NormalizePlane<TVector>(
            arguments.Memory, arguments[call, 0], arguments.Standardization(call, 4),
            arguments.Memory[arguments[call, 2]], arguments.Memory[arguments[call, 3]], arguments.Memory, arguments[call, 1], arguments[call, 8]);
}

/// <summary>row, cosine, sine, target; row stride, target stride, heads, pairs, dimension.</summary>
internal readonly struct RotaryHalfSplit<TStore> : IMicroKernel
    where TStore : struct, IStorePolicy
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector> =>
        RotaryRow.HalfSplit<TVector, TStore>(
            arguments.Memory, arguments[call, 0], arguments[call, 4], arguments.Memory, arguments[call, 1], arguments.Memory, arguments[call, 2],
            arguments.Memory, arguments[call, 3], arguments[call, 5], arguments[call, 6], arguments[call, 7], arguments[call, 8]);
}

/// <summary>Likewise.</summary>
internal readonly struct RotaryInterleaved<TStore> : IMicroKernel
    where TStore : struct, IStorePolicy
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector> =>
        RotaryRow.Interleaved<TVector, TStore>(
            arguments.Memory, arguments[call, 0], arguments[call, 4], arguments.Memory, arguments[call, 1], arguments.Memory, arguments[call, 2],
            arguments.Memory, arguments[call, 3], arguments[call, 5], arguments[call, 6], arguments[call, 7], arguments[call, 8]);
}
