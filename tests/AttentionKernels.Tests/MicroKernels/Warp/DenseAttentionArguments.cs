using AttentionKernels.Formats;
using ILGPU;

namespace AttentionKernels.Tests.MicroKernels.Warp;

/// <summary>Dense tensors [batch, tokens, heads, headDim], and the log-sum-exp [batch, heads, queries].</summary>
internal struct DenseAttentionArguments<TElement>
    where TElement : unmanaged, IMmaElement<TElement>
{
    public ArrayView<TElement> Query;
    public ArrayView<TElement> Key;
    public ArrayView<TElement> Value;
    public ArrayView<TElement> Output;
    public ArrayView<float> LogSumExp;

    /// <summary>The scale of scores times log2 e.</summary>
    public float Scale;
    public int Queries;
    public int Keys;
    public int Heads;
    public int KeyValueHeads;
    public int HeadDimension;
}
