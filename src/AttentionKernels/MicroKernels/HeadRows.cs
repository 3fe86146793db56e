using AttentionKernels.Formats;

namespace AttentionKernels.MicroKernels;

/// <summary>Tokens that lie anywhere, each at its offset, with the rows of some heads: those of a token lie at equal strides, mostly one
/// behind the other.</summary>
/// <typeparam name="TFormat">How numbers are stored.</typeparam>
internal readonly struct HeadRows<TFormat>
    where TFormat : unmanaged, IFormat<TFormat>
{
    /// <summary>The tokens' rows of the first head, one for each offset that is known.</summary>
    public readonly RowList<TFormat> First;

    /// <summary>Units from a head of a token to the next.</summary>
    public readonly long HeadStride;

    public readonly int Heads;

    /// <summary>How many tokens; those behind them, whose offsets are known too, are prefetched.</summary>
    public readonly int Tokens;

    public HeadRows(RowList<TFormat> first, long headStride, int heads, int tokens)
    {
        First = first;
        HeadStride = headStride;
        Heads = heads;
        Tokens = tokens;
    }

    /// <summary>The shape of products with these tokens.</summary>
    public SkinnyGemmShape Shape(int rowsPerHead, int stride) => new()
    {
        HeadStride = HeadStride,
        Heads = Heads,
        RowsPerHead = rowsPerHead,
        Tokens = Tokens,
        Known = First.Rows,
        Dimension = First.Length,
        Stride = stride,
    };

    /// <summary>Checks that the tokens' rows of all heads lie in the source, and that offsets are known of so many tokens.</summary>
    public void Check()
    {
        MicroKernel.CheckExtent(First.Offsets.Length, Math.Max(First.Rows, Tokens));
        RowList<TFormat>.Check(First.Source, First.Offsets, Tokens, First.Length);
        RowList<TFormat>.Check(First.Source.SubView((Heads - 1) * HeadStride), First.Offsets, Tokens, First.Length);
    }
}
