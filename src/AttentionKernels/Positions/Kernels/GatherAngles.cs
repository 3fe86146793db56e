using AttentionKernels.Launching;
using ILGPU;

namespace AttentionKernels.Positions.Kernels;

/// <summary>What <see cref="GatherAngles"/> takes.</summary>
internal struct GatherAnglesArguments
{
    [KernelInput]
    public ArrayView<float> Cosine;
    [KernelInput]
    public ArrayView<float> Sine;

    /// <summary>The cosines of tokens [batch · tokens, pairs].</summary>
    public ArrayView<float> TokenCosine;
    public ArrayView<float> TokenSine;

    /// <summary>The section of each pair.</summary>
    [KernelInput]
    public ArrayView<int> Sections;

    /// <summary>Positions [sections, batch, tokens].</summary>
    [KernelInput]
    public ArrayView<int> Positions;
    public long SectionStride;
    public long BatchStride;
    public long TokenStride;

    public int SectionCount;
    public int Tokens;
    public int Pairs;
    public int TablePositions;

    /// <summary>The rows of tokens.</summary>
    public ElementRuns Runs;
}

/// <summary>cos(pₛ·θᵢ) and sin(pₛ·θᵢ) of each token and pair i, looked up in a table, with the token's position p in the section s of the
/// pair.</summary>
/// <remarks>
/// <para>Wang et al., "Qwen2-VL: Enhancing vision-language model's perception of the world at any resolution", 2024.</para>
/// <para>Tile: a pair of a token on a GPU, all pairs of a token on a processor. A position that the table does not have gives NaN, and so
/// does a section that there is not: it shows, and nothing outside is read.</para>
/// </remarks>
internal readonly struct GatherAngles : ITileKernel<GatherAnglesArguments>
{
    public static void Run(GatherAnglesArguments arguments, long tile, ArrayView<float> scratch)
    {
        ElementRun run = arguments.Runs.At(tile);
        MicroKernels.Division token = MicroKernels.Division.Of(run.Row, arguments.Tokens);
        long first = (token.Quotient * arguments.BatchStride) + (token.Remainder * arguments.TokenStride);
        for (int pair = run.First; pair < run.End; pair++)
        {
            long target = (run.Row * arguments.Pairs) + pair;
            int section = arguments.Sections[pair];
            bool isSection = section >= 0 && section < arguments.SectionCount;
            int position = isSection ? arguments.Positions[first + (section * arguments.SectionStride)] : -1;
            if (position < 0 || position >= arguments.TablePositions)
            {
                arguments.TokenCosine[target] = float.NaN;
                arguments.TokenSine[target] = float.NaN;
                continue;
            }

            long angle = ((long)position * arguments.Pairs) + pair;
            arguments.TokenCosine[target] = arguments.Cosine[angle];
            arguments.TokenSine[target] = arguments.Sine[angle];
        }
    }
}
