namespace AttentionKernels.Attention.Layouts;

/// <summary>Sequences of one length in strided tensors [batch, tokens, heads, headDim].</summary>
internal struct ContiguousLayout : ITokenLayout<ContiguousLayout>
{
    public int Queries;
    public int Keys;
    public int Heads;
    public long QueryBatchStride;
    public long QueryTokenStride;
    public long OutputBatchStride;
    public long OutputTokenStride;

    public static int QueryLength(in ContiguousLayout self, int batch) => self.Queries;

    public static int KeyLength(in ContiguousLayout self, int batch) => self.Keys;

    public static long QueryOffset(in ContiguousLayout self, int batch, int query) =>
        (batch * self.QueryBatchStride) + (query * self.QueryTokenStride);

    public static long OutputOffset(in ContiguousLayout self, int batch, int query) =>
        (batch * self.OutputBatchStride) + (query * self.OutputTokenStride);

    public static long LogSumExpOffset(in ContiguousLayout self, int batch, int head, int query) =>
        ((((long)batch * self.Heads) + head) * self.Queries) + query;

    public static int Page(in ContiguousLayout self, int batch, int key) => batch;

    public static int Place(in ContiguousLayout self, int key) => key;

    public static int RunLength(in ContiguousLayout self, int key) => self.Keys - key;
}
