using AttentionKernels.Intrinsics;
using ILGPU;

namespace AttentionKernels.Positions.Kernels;

/// <summary>What <see cref="RotaryEmbedding{TPairs, TPositions}"/> takes.</summary>
internal struct RotaryArguments<TPositions>
    where TPositions : struct, ITokenPositions<TPositions>
{
    public ArrayView<float> Input;
    public ArrayView<float> Output;
    public ArrayView<float> Cosine;
    public ArrayView<float> Sine;
    public TPositions Positions;
    public long InputBatchStride;
    public long InputTokenStride;
    public long InputHeadStride;
    public long OutputBatchStride;
    public long OutputTokenStride;
    public long OutputHeadStride;
    public int Tokens;
    public int Heads;
    public int HeadDimension;
    public int RotaryDimension;

    /// <summary>Positions in the table.</summary>
    public int TablePositions;

    /// <summary>How many items of a head, pairs that turn or elements that stay, a tile computes; divides the number of items.</summary>
    public int ItemsPerTile;
}

/// <summary>
/// (a, b) → (a·cos − b·sin, a·sin + b·cos) for each pair of a head, by the angle of its token's position; elements beyond the rotary
/// dimension stay as they are.
/// </summary>
/// <remarks>
/// <para>Su et al., "RoFormer: Enhanced transformer with rotary position embedding", 2021.</para>
/// <para>Tile: a run of items of one head of one token, one item on a GPU, where neighbouring threads so take neighbouring elements, and
/// a whole head on a processor. A pair is read before it is written, so the output may be the input. A position that the table does not
/// have gives NaN in the whole head: it shows, and nothing outside the table is read.</para>
/// </remarks>
internal readonly struct RotaryEmbedding<TPairs, TPositions> : ITileKernel<RotaryArguments<TPositions>>
    where TPairs : struct, IRotaryPairs
    where TPositions : struct, ITokenPositions<TPositions>
{
    /// <summary>The items of a head: its pairs, and its elements that do not turn.</summary>
    public static int Items(int headDimension, int rotaryDimension) => headDimension - (rotaryDimension / 2);

    public static void Run(RotaryArguments<TPositions> arguments, long tile, ArrayView<float> scratch)
    {
        int tilesPerHead = Items(arguments.HeadDimension, arguments.RotaryDimension) / arguments.ItemsPerTile;
        int firstItem = (int)(tile % tilesPerHead) * arguments.ItemsPerTile;
        int head = (int)(tile / tilesPerHead % arguments.Heads);
        int token = (int)(tile / tilesPerHead / arguments.Heads % arguments.Tokens);
        int batch = (int)(tile / tilesPerHead / arguments.Heads / arguments.Tokens);
        long input = (batch * arguments.InputBatchStride) + (token * arguments.InputTokenStride) + (head * arguments.InputHeadStride);
        long output = (batch * arguments.OutputBatchStride) + (token * arguments.OutputTokenStride) + (head * arguments.OutputHeadStride);
        int pairs = arguments.RotaryDimension / 2;
        int position = TPositions.Position(arguments.Positions, batch, token);
        bool known = position >= 0 && position < arguments.TablePositions;
        long angles = known ? (long)position * pairs : 0;
        int end = firstItem + arguments.ItemsPerTile;

        for (int item = firstItem; item < Math.Min(end, pairs); item++)
        {
            int first = TPairs.First(item, arguments.RotaryDimension);
            int second = TPairs.Second(item, arguments.RotaryDimension);
            float a = arguments.Input[input + first];
            float b = arguments.Input[input + second];
            float cosine = known ? arguments.Cosine[angles + item] : float.NaN;
            float sine = known ? arguments.Sine[angles + item] : float.NaN;
            arguments.Output[output + first] = FusedMultiplyAdd.Fma(a, cosine, -(b * sine));
            arguments.Output[output + second] = FusedMultiplyAdd.Fma(a, sine, b * cosine);
        }

        for (int item = Math.Max(firstItem, pairs); item < end; item++)
            arguments.Output[output + pairs + item] = known ? arguments.Input[input + pairs + item] : float.NaN;
    }
}
