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

    /// <summary>The elements of a tile.</summary>
    public ElementRun Run;
}

/// <summary>output[t, d] = embeddings[tokens[t], d].</summary>
/// <remarks>Tile: a run of elements.</remarks>
public readonly struct GatherEmbeddings : ITileKernel<GatherArguments>
{
    /// <inheritdoc/>
    public static void Run(GatherArguments arguments, long tile, ArrayView<float> scratch)
    {
        for (long element = arguments.Run.First(tile); element < arguments.Run.End(tile); element++)
        {
            int token = arguments.Tokens[element / arguments.Dimension];
            arguments.Output[element] = arguments.Embeddings[((long)token * arguments.Dimension) + (element % arguments.Dimension)];
        }
    }
}
