using AttentionKernels.Formats;
using AttentionKernels.Launching;
using AttentionKernels.MicroKernels;
using AttentionKernels.MicroKernels.Warp;
using ILGPU;

namespace AttentionKernels.Tests.MicroKernels.Warp;

/// <summary>Whether something is so, known when a kernel is compiled.</summary>
internal interface IChoice
{
    static abstract bool Is { get; }
}

internal readonly struct Yes : IChoice
{
    public static bool Is => true;
}

internal readonly struct No : IChoice
{
    public static bool Is => false;
}

/// <summary>
/// O = softmax(Q·Kᵀ·scale)·V by online softmax, Dao, "FlashAttention-2", 2023: four warps own 64 or 128 query rows of a head and pass over the
/// keys, the last ones first, in tiles of as many as a tile of scores has columns.
/// </summary>
internal readonly struct DenseAttention<TElement, TScores, TOutput, TSums, TCausal> : IGroupKernel<DenseAttentionArguments<TElement>>
    where TElement : unmanaged, IMmaElement<TElement>
    where TScores : struct, TensorCore<TElement>.ITile<TScores>
    where TOutput : struct, TensorCore<TElement>.ITile<TOutput>
    where TSums : struct, IWeightSums<TElement, TSums>
    where TCausal : struct, IChoice
{
    private const float Ln2 = 0.693147181f;

    public static int GroupSize => TileCopy.Threads;

    public static bool UsesTensorCores => true;

    /// <summary>Query rows of a work group.</summary>
    public static int Rows => 4 * TOutput.Rows;

    /// <summary>The tile of queries, one of keys, one of values, and what aligns them.</summary>
    public static int DynamicSharedBytes => ((Rows + (2 * Keys)) * Pages * SwizzledLane.RowBytes) + SwizzledLane.RowBytes;

    private static int Keys => TScores.Steps * 16;

    private static int Columns => TOutput.Steps * 16;

    private static int Pages => (TOutput.Steps + 3) / 4;

    private static int RowPageBytes => Rows * SwizzledLane.RowBytes;

    private static int KeyPageBytes => Keys * SwizzledLane.RowBytes;

    public static void Run(DenseAttentionArguments<TElement> arguments)
    {
        int tiles = (arguments.Queries + Rows - 1) / Rows;
        int firstRow = Grid.IdxX % tiles * Rows;
        int head = Grid.IdxX / tiles % arguments.Heads;
        int batch = Grid.IdxX / tiles / arguments.Heads;
        int thread = Group.IdxX;
        int row = TileCopy.Row(thread);
        long keyStride = 2L * arguments.KeyValueHeads * arguments.HeadDimension;
        long queryStride = 2L * arguments.Heads * arguments.HeadDimension;
        long queryOffset = (((long)batch * arguments.Queries) + firstRow) * queryStride + (2L * head * arguments.HeadDimension);
        int kvHead = head / (arguments.Heads / arguments.KeyValueHeads);
        long keyOffset = ((((long)batch * arguments.Keys) + row) * keyStride) + (2L * ((kvHead * arguments.HeadDimension) + TileCopy.Column(thread)));
        var tile = AttentionTile.Of(thread, Rows / 4, Pages, RowPageBytes, KeyPageBytes);

        int end = TCausal.Is ? Math.Min(arguments.Keys, firstRow + Rows + arguments.Keys - arguments.Queries) : arguments.Keys;
        int block = ((Math.Max(end, 0) + Keys - 1) / Keys) - 1;
        int full = TCausal.Is ? Math.Min(arguments.Keys, firstRow + 1 + arguments.Keys - arguments.Queries) : arguments.Keys;
        int firstMasked = Math.Min(Math.Max(full, 0) / Keys, Math.Max(block, 0));

        long queries = MemoryAddress.OfGlobal(ref arguments.Query[0]) + queryOffset + (row * queryStride) + (2 * TileCopy.Column(thread));
        var queryRows = new PitchedRows(queries, TileCopy.RowsPerStep * queryStride, arguments.Queries - firstRow - row);
        var queryCopy = TileCopy.Of(tile.Shared, RowPageBytes, Columns, thread);
        for (int step = 0; step < Rows / TileCopy.RowsPerStep; step++)
            TileCopy.Copy(queryCopy, queryRows, step);

        long step16 = TileCopy.RowsPerStep * keyStride;
        long blockBytes = TScores.Steps * step16;
        long toKeys = MemoryAddress.OfGlobal(ref arguments.Key[0]) - MemoryAddress.OfGlobal(ref arguments.Value[0]);
        long values = MemoryAddress.OfGlobal(ref arguments.Value[0]) + keyOffset + (block * blockBytes);
        var keyCopy = TileCopy.Of(tile.SharedKeys, KeyPageBytes, Columns, thread);
        if (block >= 0)
            TScores.Copy(keyCopy, new PitchedRows(values + toKeys, step16, arguments.Keys - (block * Keys) - row), 0);
        AsyncCopy.Commit();

        var lane = new AttentionLane(tile, firstRow + ((thread >> 5) * TOutput.Rows), arguments.Keys - arguments.Queries, arguments.Keys, arguments.Scale);
        var state = new AttentionState<TOutput, TSums>(default, default, TileRows.All(float.PositiveInfinity), block);
        var source = new AttentionSource(values, toKeys - blockBytes, step16);
        while (state.Block >= firstMasked)
        {
            state = Step<Yes>(state, lane, source);
            source = source.Before(blockBytes);
        }

        while (state.Block >= 0)
        {
            state = Step<No>(state, lane, source);
            source = source.Before(blockBytes);
        }

        // The queries are there now also where there was no key.
        AsyncCopy.Wait(0);
        Group.Barrier();
        Finish(state, arguments, tile, queryOffset, firstRow);
        StoreLogSumExp(state, arguments, ((long)batch * arguments.Heads + head) * arguments.Queries, firstRow);
    }

    private static AttentionState<TOutput, TSums> Step<TMasked>(
        AttentionState<TOutput, TSums> state, AttentionLane lane, AttentionSource source)
        where TMasked : struct, IChoice
    {
        AsyncCopy.Wait(0);
        Group.Barrier();
        var values = TMasked.Is
            ? new PitchedRows(source.Values, source.StepBytes, lane.Keys - (state.Block * Keys) - TileCopy.Row(Group.IdxX))
            : PitchedRows.All(source.Values, source.StepBytes);
        TScores.Copy(TileCopy.Of(lane.Tile.SharedValues, KeyPageBytes, Columns, Group.IdxX), values, 0);
        AsyncCopy.Commit();

        TScores scores = TOutput.AddDepth<TScores>(default, lane.Tile.Queries, lane.Tile.KeyLane, 0);
        if (TMasked.Is)
            scores = TScores.Map(scores, lane.Mask<TElement, TCausal>(state.Block * Keys), 0);

        AsyncCopy.Wait(0);
        Group.Barrier();
        if (state.Block > 0)
        {
            TScores.Copy(
                TileCopy.Of(lane.Tile.SharedKeys, KeyPageBytes, Columns, Group.IdxX), PitchedRows.All(source.Keys, source.StepBytes), 0);
            AsyncCopy.Commit();
        }

        TileRows maximum = TScores.Maximum(scores, TileRows.All(float.NegativeInfinity)).QuadMaximum(TScores.Rows)
            .Scale(-lane.Scale).Smaller(state.Maximum);
        state = RowRescale.Apply(state, state.Maximum, maximum);
        scores = TScores.PowerOfTwo(scores, lane.Scale, TMasked.Is ? AttentionLane.Finite(maximum) : maximum);
        TSums sums = TSums.Add(state.Sums, scores);
        TOutput output = TScores.AddWeighted(scores, state.Output, lane.Tile.ValueLane, 0);
        return new AttentionState<TOutput, TSums>(output, sums, maximum, state.Block - 1);
    }

    private static void Finish(
        AttentionState<TOutput, TSums> state, DenseAttentionArguments<TElement> arguments, AttentionTile tile, long queryOffset, int firstRow)
    {
        int lane = Group.IdxX & 31;
        int firstWarpRow = (Group.IdxX >> 5) * TOutput.Rows;
        int shared = tile.Shared + (firstWarpRow * SwizzledLane.RowBytes);
        TileRows sums = TSums.Rows(state.Sums, TOutput.Rows);

        TOutput.Store(
            TOutput.Scale(state.Output, AttentionLane.Inverse(sums)), SwizzledLane.OfAccumulator(shared, RowPageBytes, lane), 0);
        WarpBarrier.Wait();
        long stride = 2L * arguments.Heads * arguments.HeadDimension;
        for (int row = lane >> 3; row < TOutput.Rows; row += 4)
        {
            int from = SwizzledLane.At(shared, RowPageBytes, row, lane & 7).Address;
            long to = MemoryAddress.OfGlobal(ref arguments.Output[0]) + queryOffset + ((firstWarpRow + row) * stride) + ((lane & 7) * 16);
            for (int page = 0; page < Pages; page++)
            {
                if (firstRow + firstWarpRow + row < arguments.Queries && ((page * 64) + ((lane & 7) * 8)) < Columns)
                    MemoryAddress.StoreGlobal(to + (page * SwizzledLane.RowBytes), MemoryAddress.LoadShared(from + (page * RowPageBytes)));
            }
        }
    }

    private static void StoreLogSumExp(
        AttentionState<TOutput, TSums> state, DenseAttentionArguments<TElement> arguments, long first, int firstRow)
    {
        TileRows sums = TSums.Rows(state.Sums, TOutput.Rows);
        int row = firstRow + ((Group.IdxX >> 5) * TOutput.Rows) + ((Group.IdxX & 31) >> 2);
        if ((Group.IdxX & 3) != 0)
            return;
        StoreLogSumExp(arguments, first, row, state.Maximum.Upper, sums.Upper);
        if (TOutput.Rows == 32)
            StoreLogSumExp(arguments, first, row + 16, state.Maximum.Lower, sums.Lower);
    }

    private static void StoreLogSumExp(DenseAttentionArguments<TElement> arguments, long first, int row, RowPair maximum, RowPair sums)
    {
        if (row < arguments.Queries)
            arguments.LogSumExp[first + row] = LogSumExp(maximum.First, sums.First);
        if (row + 8 < arguments.Queries)
            arguments.LogSumExp[first + row + 8] = LogSumExp(maximum.Second, sums.Second);
    }

    // Of a row without keys, −∞ − ∞.
    private static float LogSumExp(float maximum, float sum) => Logarithm.Log(sum) - (maximum * Ln2);
}
