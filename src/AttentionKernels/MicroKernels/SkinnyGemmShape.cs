namespace AttentionKernels.MicroKernels;

/// <summary>The sizes of a <see cref="SkinnyGemm{TVector, TFormat}"/>, and where its elements lie.</summary>
internal struct SkinnyGemmShape
{
    /// <summary>Tokens that are read side by side.</summary>
    public const int BlockTokens = 4;

    /// <summary>Rows that share what is loaded of the tokens.</summary>
    public const int BlockRows = 4;

    /// <summary>Vectors of an output row that stay in registers over a block's tokens.</summary>
    public const int ColumnVectors = 4;

    /// <summary>Whether the next block is prefetched line by line, as this one is read: numbers of 16 bits and more take so long to come
    /// from memory that a row or two of products take no longer.</summary>
    public static bool PrefetchesByLine(int unitBytes, int perUnit) => unitBytes >= perUnit * sizeof(ushort);

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
}
