using ILGPU;

namespace AttentionKernels.Paging.Kernels;

/// <summary>What <see cref="AppendToPages"/> takes.</summary>
internal struct AppendArguments
{
    public ArrayView<float> Key;
    public ArrayView<float> Value;
    public ArrayView<long> Slots;
    public ArrayView<float> KeyPages;
    public ArrayView<float> ValuePages;
    public long KeyTokenStride;
    public long KeyHeadStride;
    public long ValueTokenStride;
    public long ValueHeadStride;
    public long SlotCount;
    public int HeadDimension;

    /// <summary>Elements of a token: kv heads × head dimension.</summary>
    public int RowLength;

    /// <summary>How many elements of a token a tile copies; divides <see cref="RowLength"/>.</summary>
    public int ElementsPerTile;
}

/// <summary>
/// Copies the key and value of each new token into the slot that the slot mapping gives it; −1 and numbers that are no slot are skipped.
/// </summary>
/// <remarks>
/// After vLLM's <c>reshape_and_cache</c>. Tile: a run of elements of one token, one element on a GPU and the whole token on a processor.
/// Tokens of one call have different slots, so no two tiles write the same place.
/// </remarks>
internal readonly struct AppendToPages : ITileKernel<AppendArguments>
{
    public static void Run(AppendArguments arguments, long tile, ArrayView<float> scratch)
    {
        int tilesPerToken = arguments.RowLength / arguments.ElementsPerTile;
        long token = tile / tilesPerToken;
        long slot = arguments.Slots[token];
        if (slot < 0 || slot >= arguments.SlotCount)
            return;

        int first = (int)(tile % tilesPerToken) * arguments.ElementsPerTile;
        for (int element = first; element < first + arguments.ElementsPerTile; element++)
        {
            int head = element / arguments.HeadDimension;
            int dimension = element % arguments.HeadDimension;
            long target = (slot * arguments.RowLength) + element;
            arguments.KeyPages[target] = arguments.Key[(token * arguments.KeyTokenStride) + (head * arguments.KeyHeadStride) + dimension];
            arguments.ValuePages[target] = arguments.Value[(token * arguments.ValueTokenStride) + (head * arguments.ValueHeadStride) + dimension];
        }
    }
}
