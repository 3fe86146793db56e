using ILGPU;

namespace AttentionKernels.Attention.Layouts;

/// <summary>
/// Ragged query tokens [tokens, heads, headDim] of sequences whose keys and values lie in pages, found through a block table
/// [sequence, page of the sequence].
/// </summary>
internal struct PagedLayout : ITokenLayout<PagedLayout>
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

    public static int QueryLength(in PagedLayout self, int batch) => self.QueryStarts[batch + 1] - self.QueryStarts[batch];

    public static int KeyLength(in PagedLayout self, int batch) => self.KeyLengths[batch];

    public static long QueryOffset(in PagedLayout self, int batch, int query) =>
        (self.QueryStarts[batch] + query) * self.QueryTokenStride;

    public static long OutputOffset(in PagedLayout self, int batch, int query) =>
        (self.QueryStarts[batch] + query) * self.OutputTokenStride;

    public static long LogSumExpOffset(in PagedLayout self, int batch, int head, int query) =>
        (head * self.QueryTokens) + self.QueryStarts[batch] + query;

    public static int Page(in PagedLayout self, int batch, int key) =>
        self.BlockTable[((long)batch * self.PagesPerSequence) + (key / self.PageSize)];

    public static int Place(in PagedLayout self, int key) => key % self.PageSize;

    public static int RunLength(in PagedLayout self, int key) => self.PageSize - (key % self.PageSize);
}
