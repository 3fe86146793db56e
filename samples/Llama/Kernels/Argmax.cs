using ILGPU;

namespace AttentionKernels.Samples.Llama.Kernels;

/// <summary>What <see cref="Argmax"/> takes.</summary>
public struct ArgmaxArguments
{
    /// <summary>The values that are compared.</summary>
    public ArrayView<float> Values;

    /// <summary>The positions that are still in the race, in ascending order.</summary>
    public ArrayView<int> Candidates;

    /// <summary>The best of each run of candidates; again in ascending order.</summary>
    public ArrayView<int> Winners;
}

/// <summary>winners[i] = the candidate with the largest value among candidates i·<see cref="RunLength"/> and up, the first of equal ones.</summary>
/// <remarks>
/// Tile: one run of candidates. A tournament: each round leaves one candidate in <see cref="RunLength"/>, and rounds go on until
/// one is left, so that a large vocabulary keeps many threads busy without any communication among them.
/// </remarks>
public readonly struct Argmax : ITileKernel<ArgmaxArguments>
{
    /// <summary>The most candidates of a run.</summary>
    public const int RunLength = 64;

    /// <inheritdoc/>
    public static void Run(ArgmaxArguments arguments, long tile, ArrayView<float> scratch)
    {
        long first = tile * RunLength;
        long end = Math.Min(first + RunLength, arguments.Candidates.Length);
        int best = arguments.Candidates[first];
        for (long index = first + 1; index < end; index++)
        {
            int candidate = arguments.Candidates[index];
            if (arguments.Values[candidate] > arguments.Values[best])
                best = candidate;
        }
        arguments.Winners[tile] = best;
    }
}
