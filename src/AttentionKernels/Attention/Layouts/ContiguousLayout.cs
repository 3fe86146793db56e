namespace AttentionKernels.Attention.Layouts;

/// <summary>Sequences of one length in strided tensors [batch, tokens, heads, headDim]; query tokens are counted within their
/// sequence.</summary>
internal struct ContiguousLayout : ILayout<ContiguousLayout>
{
    public int Queries;
    public int Keys;
    public int Heads;
    public long QueryBatchStride;
    public long QueryTokenStride;
    public long OutputBatchStride;
    public long OutputTokenStride;

    /// <summary>That of queries [batch, queries, heads, headDim] against so many keys.</summary>
    public static ContiguousLayout Of(TensorShape query, int keys, TensorShape queryStrides, TensorShape outputStrides) => new()
    {
        Queries = (int)query[1],
        Keys = keys,
        Heads = (int)query[2],
        QueryBatchStride = queryStrides[0],
        QueryTokenStride = queryStrides[1],
        OutputBatchStride = outputStrides[0],
        OutputTokenStride = outputStrides[1],
    };

    public static bool IsPitched => true;

    public static long QueryOffset(in ContiguousLayout self, int sequence, int token) =>
        (sequence * self.QueryBatchStride) + (token * self.QueryTokenStride);

    public static long OutputOffset(in ContiguousLayout self, int sequence, int token) =>
        (sequence * self.OutputBatchStride) + (token * self.OutputTokenStride);

    public static long LogSumExpOffset(in ContiguousLayout self, int sequence, int head, int token) =>
        ((((long)sequence * self.Heads) + head) * self.Queries) + token;

    public static bool IsAligned(in ContiguousLayout self, int elements) =>
        self.QueryBatchStride % elements == 0 && self.QueryTokenStride % elements == 0 &&
        self.OutputBatchStride % elements == 0 && self.OutputTokenStride % elements == 0;

    public static int Page(in ContiguousLayout self, int sequence, int key) => sequence;

    public static int Place(in ContiguousLayout self, int key) => key;

    public static int RunLength(in ContiguousLayout self, int key) => self.Keys - key;
}
