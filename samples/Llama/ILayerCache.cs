namespace AttentionKernels.Samples.Llama;

/// <summary>Where a pass through the layers leaves the keys and values of its tokens, and finds those of the tokens before.</summary>
internal interface ILayerCache
{
    /// <summary>Where the keys and values of the new tokens are to be written, each [1, tokens, kv heads, headDim] and dense; keys are not turned yet.</summary>
    (TensorView<float> Key, TensorView<float> Value) NewRows(int layer);

    /// <summary>Turns queries and keys by their positions, and attends: each new token to its sequence up to itself.</summary>
    /// <param name="layer">The layer, whose rows have been written.</param>
    /// <param name="query">The queries of the new tokens: [1, tokens, heads, headDim]; changed.</param>
    /// <param name="output">The result, like the query.</param>
    void Attend(int layer, TensorView<float> query, TensorView<float> output);
}
