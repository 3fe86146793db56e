using AttentionKernels.Intrinsics;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

/// <summary>
/// Few queries against many keys: the keys are split into ranges that work items take side by side, each leaving a partial softmax
/// state, which <see cref="MergeStatesVector{TSequences, TMask, TModifier}"/> joins in a fixed order. Vector schedule, plain form.
/// </summary>
/// <remarks>
/// <para>Dao et al., "Flash-Decoding for long-context inference", 2023.</para>
/// <para>Tile: one split of one kv head for up to <see cref="Rows"/> rows. The rows are all queries of all the query heads that share
/// the kv head, so keys and values come from memory once for the whole group. The state of each row lies in its place in the
/// workspace from the start; scratch holds the scores of one row.</para>
/// </remarks>
internal readonly struct SplitKvDecodeVector<TSequences, TMask, TModifier> : ITileKernel<AttentionArguments<TSequences, TMask, TModifier>>
    where TSequences : struct, ISequences<TSequences>
    where TMask : struct, IMask<TMask>
    where TModifier : struct, IScoreModifier<TModifier>
{
    /// <summary>Rows of a tile.</summary>
    public const int Rows = 16;

    /// <summary>Elements of scratch memory that a tile needs.</summary>
    public const int ScratchLength = VectorKeyTile.Keys;

    /// <summary>How many tiles there are.</summary>
    public static long Tiles(int batch, int heads, int keyValueHeads, int maximumQueries, int splits) =>
        (long)batch * keyValueHeads * splits * (((heads / keyValueHeads * maximumQueries) + Rows - 1) / Rows);

    public static void Run(AttentionArguments<TSequences, TMask, TModifier> arguments, long tile, ArrayView<float> scratch)
    {
        int group = arguments.Heads / arguments.KeyValueHeads;
        int rowTiles = ((group * arguments.MaximumQueries) + Rows - 1) / Rows;
        int split = (int)(tile % arguments.Splits);
        int firstRow = (int)(tile / arguments.Splits % rowTiles) * Rows;
        int keyValueHead = (int)(tile / arguments.Splits / rowTiles % arguments.KeyValueHeads);
        int batch = (int)(tile / arguments.Splits / rowTiles / arguments.KeyValueHeads);
        int queryLength = TSequences.QueryLength(arguments.Sequences, batch);
        int keyLength = TSequences.KeyLength(arguments.Sequences, batch);
        int endRow = Math.Min(firstRow + Rows, group * queryLength);

        int dimension = arguments.HeadDimension;
        for (int row = firstRow; row < endRow; row++)
        {
            long offset = PartialStates.Offset(arguments, batch, (keyValueHead * group) + (row % group), row / group, split);
            VectorRow.Clear(arguments.Workspace, offset, dimension);
            arguments.Workspace[offset + dimension] = SoftmaxState.Empty.Maximum;
            arguments.Workspace[offset + dimension + 1] = SoftmaxState.Empty.Sum;
        }

        int splitStart = (int)Math.Min((long)split * arguments.SplitLength, keyLength);
        int splitEnd = (int)Math.Min((long)splitStart + arguments.SplitLength, keyLength);
        for (int firstKey = splitStart; firstKey < splitEnd; firstKey += VectorKeyTile.Keys)
        {
            int endKey = Math.Min(firstKey + VectorKeyTile.Keys, splitEnd);
            for (int row = firstRow; row < endRow; row++)
            {
                int query = row / group;
                int head = (keyValueHead * group) + (row % group);
                KeyRange own = TMask.Range(arguments.Mask, query, query, queryLength, keyLength).Clip(firstKey, endKey);
                long offset = PartialStates.Offset(arguments, batch, head, query, split);
                var before = new SoftmaxState(arguments.Workspace[offset + dimension], arguments.Workspace[offset + dimension + 1]);
                SoftmaxState after = VectorKeyTile.Accumulate(
                    arguments, before, batch, head, query, own, arguments.Workspace.SubView(offset, dimension), scratch);
                arguments.Workspace[offset + dimension] = after.Maximum;
                arguments.Workspace[offset + dimension + 1] = after.Sum;
            }
        }
    }
}
