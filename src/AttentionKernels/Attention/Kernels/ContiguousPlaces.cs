namespace AttentionKernels.Attention.Kernels;

/// <summary>Sequences of one length in strided tensors [batch, tokens, heads, headDim].</summary>
internal struct ContiguousPlaces : ITokenPlaces<ContiguousPlaces>
{
    public int Queries;
    public int Keys;
    public int Heads;
    public long QueryBatchStride;
    public long QueryTokenStride;
    public long OutputBatchStride;
    public long OutputTokenStride;

    public static int QueryLength(in ContiguousPlaces self, int batch) => self.Queries;

    public static int KeyLength(in ContiguousPlaces self, int batch) => self.Keys;

    public static long QueryOffset(in ContiguousPlaces self, int batch, int query) =>
        (batch * self.QueryBatchStride) + (query * self.QueryTokenStride);

    public static long OutputOffset(in ContiguousPlaces self, int batch, int query) =>
        (batch * self.OutputBatchStride) + (query * self.OutputTokenStride);

    public static long LogSumExpOffset(in ContiguousPlaces self, int batch, int head, int query) =>
        ((((long)batch * self.Heads) + head) * self.Queries) + query;

    public static int Page(in ContiguousPlaces self, int batch, int key) => batch;

    public static int Place(in ContiguousPlaces self, int key) => key;

    public static int RunLength(in ContiguousPlaces self, int key) => self.Keys - key;
}
