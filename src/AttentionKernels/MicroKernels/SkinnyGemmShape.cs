using AttentionKernels.Formats;

namespace AttentionKernels.MicroKernels;

/// <summary>The sizes of a <see cref="SkinnyGemm"/>, and where its elements lie.</summary>
internal struct SkinnyGemmShape
{
    /// <summary>Units from a head of a token to the next.</summary>
    public long HeadStride;

    public int Heads;
    public int RowsPerHead;
    public int Tokens;

    /// <summary>Tokens whose offsets are known: those behind the tokens are prefetched.</summary>
    public int Known;

    public int Dimension;

    /// <summary>Elements from a row of scores or weights to the next.</summary>
    public int Stride;

    /// <summary>The shape of products with gathered tokens.</summary>
    public static SkinnyGemmShape Of<TFormat>(HeadRows<TFormat> tokens, int rowsPerHead, int stride)
        where TFormat : unmanaged, IFormat<TFormat> =>
        new()
        {
            HeadStride = tokens.HeadStride,
            Heads = tokens.Heads,
            RowsPerHead = rowsPerHead,
            Tokens = tokens.Tokens,
            Known = tokens.First.Rows,
            Dimension = tokens.First.Length,
            Stride = stride,
        };
}
