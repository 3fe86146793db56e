namespace AttentionKernels.Attention.Kernels;

/// <summary>Sequences of one length in strided tensors [batch, tokens, heads, headDim].</summary>
internal struct ContiguousSequences : ISequences<ContiguousSequences>
{
    public int Queries;
    public int Keys;
    public int Heads;
    public long QueryBatchStride;
    public long QueryTokenStride;
    public long KeyBatchStride;
    public long KeyTokenStride;
    public long ValueBatchStride;
    public long ValueTokenStride;
    public long OutputBatchStride;
    public long OutputTokenStride;

    public static int QueryLength(in ContiguousSequences self, int batch) => self.Queries;

    public static int KeyLength(in ContiguousSequences self, int batch) => self.Keys;

    public static long QueryOffset(in ContiguousSequences self, int batch, int query) =>
        (batch * self.QueryBatchStride) + (query * self.QueryTokenStride);

    public static long OutputOffset(in ContiguousSequences self, int batch, int query) =>
        (batch * self.OutputBatchStride) + (query * self.OutputTokenStride);

    public static long LogSumExpOffset(in ContiguousSequences self, int batch, int head, int query) =>
        ((((long)batch * self.Heads) + head) * self.Queries) + query;

    public static long KeyOffset(in ContiguousSequences self, int batch, int key) =>
        (batch * self.KeyBatchStride) + (key * self.KeyTokenStride);

    public static long ValueOffset(in ContiguousSequences self, int batch, int key) =>
        (batch * self.ValueBatchStride) + (key * self.ValueTokenStride);

    public static int RunLength(in ContiguousSequences self, int key) => self.Keys - key;

    public static long KeyStride(in ContiguousSequences self) => self.KeyTokenStride;

    public static long ValueStride(in ContiguousSequences self) => self.ValueTokenStride;
}
