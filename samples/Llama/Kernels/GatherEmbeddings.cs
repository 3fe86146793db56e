using ILGPU;

namespace AttentionKernels.Samples.Llama.Kernels;

/// <summary>What <see cref="GatherEmbeddings"/> takes.</summary>
public struct GatherArguments
{
    /// <summary>One vector per token of the vocabulary: [vocabulary, dimension].</summary>
    public ArrayView<float> Embeddings;

    /// <summary>The tokens to look up: [tokens].</summary>
    public ArrayView<int> Tokens;

    /// <summary>Their vectors: [tokens, dimension].</summary>
    public ArrayView<float> Output;

    /// <summary>The length of a vector.</summary>
    public int Dimension;
}

/// <summary>output[t, d] = embeddings[tokens[t], d].</summary>
/// <remarks>Tile: one element, so that on a GPU neighbouring threads copy neighbouring elements.</remarks>
public readonly struct GatherEmbeddings : ITileKernel<GatherArguments>
{
    /// <inheritdoc/>
    public static void Run(GatherArguments arguments, long tile, ArrayView<float> scratch)
    {
        int token = arguments.Tokens[tile / arguments.Dimension];
        arguments.Output[tile] = arguments.Embeddings[((long)token * arguments.Dimension) + (tile % arguments.Dimension)];
    }
}
