using ILGPU;

namespace AttentionKernels.Attention.Kernels;

/// <summary>
/// Ragged query tokens [tokens, heads, headDim] of sequences whose keys and values lie in pages [page, token, kv head, headDim], found
/// through a block table [sequence, page of the sequence].
/// </summary>
internal struct PagedSequences : ISequences<PagedSequences>
{
    /// <summary>For each sequence its first query token, and one entry more that ends the last.</summary>
    public ArrayView<int> QueryStarts;

    /// <summary>For each sequence its number of key tokens.</summary>
    public ArrayView<int> KeyLengths;

    /// <summary>For each sequence its pages in order, <see cref="PagesPerSequence"/> entries each.</summary>
    public ArrayView<int> BlockTable;

    public int PagesPerSequence;
    public int PageSize;
    public long QueryTokens;
    public long QueryTokenStride;
    public long OutputTokenStride;
    public long KeyPageStride;
    public long KeyTokenStride;
    public long ValuePageStride;
    public long ValueTokenStride;

    public static int QueryLength(in PagedSequences self, int batch) => self.QueryStarts[batch + 1] - self.QueryStarts[batch];

    public static int KeyLength(in PagedSequences self, int batch) => self.KeyLengths[batch];

    public static long QueryOffset(in PagedSequences self, int batch, int query) =>
        (self.QueryStarts[batch] + query) * self.QueryTokenStride;

    public static long OutputOffset(in PagedSequences self, int batch, int query) =>
        (self.QueryStarts[batch] + query) * self.OutputTokenStride;

    public static long LogSumExpOffset(in PagedSequences self, int batch, int head, int query) =>
        (head * self.QueryTokens) + self.QueryStarts[batch] + query;

    public static long KeyOffset(in PagedSequences self, int batch, int key) =>
        (Page(self, batch, key) * self.KeyPageStride) + (key % self.PageSize * self.KeyTokenStride);

    public static long ValueOffset(in PagedSequences self, int batch, int key) =>
        (Page(self, batch, key) * self.ValuePageStride) + (key % self.PageSize * self.ValueTokenStride);

    public static int RunLength(in PagedSequences self, int key) => self.PageSize - (key % self.PageSize);

    public static long KeyStride(in PagedSequences self) => self.KeyTokenStride;

    public static long ValueStride(in PagedSequences self) => self.ValueTokenStride;

    private static long Page(in PagedSequences self, int batch, int key) =>
        self.BlockTable[((long)batch * self.PagesPerSequence) + (key / self.PageSize)];
}
