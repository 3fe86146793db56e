namespace AttentionKernels.Attention.Work;

/// <summary>The strides of rows [batch, tokens, heads, headDim]; without a batch it is one.</summary>
internal struct RowStrides
{
    public long Batch;
    public long Token;
    public long Head;

    /// <summary>Those of a tensor.</summary>
    public static RowStrides Of(TensorShape strides) => new()
    {
        Batch = strides.Rank == 4 ? strides[0] : 0,
        Token = strides[^3],
        Head = strides[^2],
    };

    /// <summary>The offset of a row.</summary>
    public readonly long Offset(int batch, int token, int head) => (batch * Batch) + (token * Token) + (head * Head);
}
