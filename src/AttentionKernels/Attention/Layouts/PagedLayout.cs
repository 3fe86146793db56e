using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Attention.Layouts;

/// <summary>
/// Ragged query tokens [tokens, heads, headDim], counted over all sequences, and keys and values in pages, found through a block table
/// [sequence, page of the sequence].
/// </summary>
internal struct PagedLayout : ILayout<PagedLayout>
{
    /// <summary>For each sequence its pages in order, <see cref="PagesPerSequence"/> entries each.</summary>
    public ArrayView<int> BlockTable;

    public int PagesPerSequence;
    public IndexDivisor PageSize;
    public long QueryTokens;
    public long QueryTokenStride;
    public long OutputTokenStride;

    public static long QueryOffset(in PagedLayout self, int sequence, int token) => token * self.QueryTokenStride;

    public static long OutputOffset(in PagedLayout self, int sequence, int token) => token * self.OutputTokenStride;

    public static long LogSumExpOffset(in PagedLayout self, int sequence, int head, int token) => (head * self.QueryTokens) + token;

    public static bool IsAligned(in PagedLayout self, int elements) =>
        self.QueryTokenStride % elements == 0 && self.OutputTokenStride % elements == 0;

    public static int Page(in PagedLayout self, int sequence, int key) =>
        self.BlockTable[((long)sequence * self.PagesPerSequence) + self.PageSize.Quotient(key)];

    public static int Place(in PagedLayout self, int key) => self.PageSize.Remainder(key);

    public static int RunLength(in PagedLayout self, int key) => self.PageSize.RunLength(key);
}
