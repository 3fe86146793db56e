using AttentionKernels.Formats;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Attention.Layouts;

/// <summary>The keys or the values of all tokens in their storage format: memory, strides, and scales where the format has some.</summary>
/// <typeparam name="TFormat">How numbers are stored.</typeparam>
internal struct KeyValueBuffer<TFormat>
    where TFormat : unmanaged, IFormat<TFormat>
{
    public ArrayView<TFormat> Data;

    /// <summary>Units from a page to the next; a contiguous sequence is one page.</summary>
    public long PageStride;

    /// <summary>Units from a token of a page to the next.</summary>
    public long TokenStride;

    /// <summary>Units from a head of a token to the next.</summary>
    public long HeadStride;

    /// <summary>The scales, of numbers that have some: one for all, one a head, or one for each head of each token.</summary>
    public ArrayView<float> Scales;

    /// <summary>Scales from a page to the next.</summary>
    public long ScalePageStride;

    /// <summary>Scales from a token of a page to the next.</summary>
    public long ScaleTokenStride;

    /// <summary>Scales from a head to the next.</summary>
    public int ScaleHeadStride;

    /// <summary>Memory as kernels of its format see it.</summary>
    public static KeyValueBuffer<TFormat> Of(in KeyValueMemory memory) => new()
    {
        Data = memory.Data.Cast<TFormat>(),
        PageStride = memory.PageStride,
        TokenStride = memory.TokenStride,
        HeadStride = memory.HeadStride,
        Scales = memory.Scales,
        ScalePageStride = memory.ScalePageStride,
        ScaleTokenStride = memory.ScaleTokenStride,
        ScaleHeadStride = memory.ScaleHeadStride,
    };

    /// <summary>The offset of a head of a token.</summary>
    public readonly long Row(long page, int place, int head) => Offset(page, place) + (head * HeadStride);

    /// <summary>The offset of the scale of a head of a token; numbers have some.</summary>
    public readonly long ScaleRow(long page, int place, int head) => ScaleOffset(page, place) + (head * ScaleHeadStride);

    /// <summary>The offset of head 0 of a token.</summary>
    public readonly long Offset(long page, int place) => (page * PageStride) + (place * TokenStride);

    /// <summary>The offset of the scale of head 0 of a token.</summary>
    public readonly long ScaleOffset(long page, int place) => (page * ScalePageStride) + (place * ScaleTokenStride);

    /// <summary>Whether rows lie as far apart as by other strides.</summary>
    public readonly bool LiesAs(long pageStride, long tokenStride, long headStride) =>
        PageStride == pageStride && TokenStride == tokenStride && HeadStride == headStride;

    /// <summary>Whether rows begin at multiples of so many numbers; units hold a part of them, or more.</summary>
    public readonly bool AreAligned(int numbers)
    {
        int units = Math.Max(1, numbers / TFormat.PerUnit);
        return PageStride % units == 0 && TokenStride % units == 0 && HeadStride % units == 0 && Data.IsAligned(units);
    }

    /// <summary>A number of a row of a head's numbers, which begins at an offset, without its scale.</summary>
    public readonly float Number(long row, int index) => TFormat.Widen(Data[row + (index / TFormat.PerUnit)], index % TFormat.PerUnit);

    /// <summary>The rows of a head of tokens that lie at some offsets.</summary>
    public readonly RowList<TFormat> Rows(ArrayView<long> offsets, int head, int tokens, int length) =>
        new(Data.SubView(head * HeadStride), offsets, tokens, length);

    /// <summary>Gathers the scales of tokens from their offsets, [head][token], from a head on; numbers have some.</summary>
    public readonly void GatherScales(ArrayView<long> offsets, int firstHead, TileView target, int tokens, int heads) => TileGather.Columns(
        Scales.SubView(firstHead * ScaleHeadStride), ScaleHeadStride, offsets, target, tokens, heads);
}
