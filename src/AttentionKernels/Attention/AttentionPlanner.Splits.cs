using AttentionKernels.Attention.Work;

namespace AttentionKernels.Attention;

/// <content>Into how many ranges keys are split.</content>
internal sealed partial class AttentionPlanner
{
    /// <summary>More splits are not looked at.</summary>
    private const int MostSplits = 1024;

    /// <summary>What beginning and ending a range of keys takes, in keys.</summary>
    private const int RoundKeys = 64;

    // The most queries of a sequence whose keys are split. Partial states of sequences with many rows would take much memory, and their
    // tiles suffice where others decode beside them.
    private int SplitQueries(AttentionAlgorithm algorithm)
    {
        if (algorithm != AttentionAlgorithm.SplitKv)
            return 0;
        bool isMixed = problem.IsRagged && options.Algorithm is null && Rows > FewRowsOfSequence;
        return isMixed || options.Reduction == Reduction.BatchInvariant ? QueriesOf(FewRowsOfSequence) : problem.MaximumQueries;
    }

    private (int Splits, int SplitLength) InvariantSplits()
    {
        int splits = Math.Max(1, CeilingDivide(problem.MaximumKeys, InvariantSplitLength));
        int rows = FewRowsOfSequence;
        _reasons.Add(
            $"splits {splits}: every {InvariantSplitLength} keys, whatever the batch; none of sequences with more than {rows} rows " +
            "a kv head");
        return (splits, InvariantSplitLength);
    }

    private (int Splits, int SplitLength) FastestSplits(Tiling tiling, int splitQueries)
    {
        // Of sequences with many rows beside such as decode, these are all that is split.
        int queries = splitQueries < problem.MaximumQueries ? 1 : problem.MaximumQueries;
        int splits = SplitCount(tiling, problem.Batch, queries);
        int splitLength = Math.Max(1, RoundUp(CeilingDivide(problem.MaximumKeys, splits), KeyTile));
        if (options.Splits is null)
            splits = Math.Max(1, CeilingDivide(problem.MaximumKeys, splitLength));
        return (splits, splitLength);
    }

    private int SplitCount(Tiling tiling, int batch, int queries)
    {
        if (options.Splits is { } asked)
        {
            // A split is a multiple of a key tile: more splits than tiles would be empty.
            int used = Math.Min(asked, Math.Max(1, CeilingDivide(problem.MaximumKeys, KeyTile)));
            _reasons.Add(used == asked
                ? $"splits {asked}: the options ask for it"
                : $"splits {used}: the options ask for {asked}, but {problem.MaximumKeys} keys have no more tiles of {KeyTile}");
            return used;
        }

        long tiles = Math.Max(1, Tiles(tiling, batch, queries));
        long wanted = WantedTiles(tiling);
        int worthwhile = Math.Max(1, problem.MaximumKeys / MinimumSplitLength);
        int splits = tiling.Schedule == KernelSchedule.Vector
            ? (int)Math.Clamp((wanted + tiles - 1) / tiles, 1, worthwhile)
            : FewestRounds(tiles, wanted, worthwhile);
        _reasons.Add(
            $"splits {splits}: {tiles} tiles without splitting, {wanted} keep the device busy, {MinimumSplitLength} keys are the least " +
            "a split is worth");
        return splits;
    }

    // Work groups of a GPU run in rounds of as many as it holds, and one beyond a full round takes as long as another round does. So many
    // splits as take the fewest keys one after the other; a round costs some keys by itself.
    private int FewestRounds(long tiles, long resident, int worthwhile)
    {
        int best = 1;
        double least = double.MaxValue;
        for (int splits = 1; splits <= Math.Min(worthwhile, MostSplits); splits++)
        {
            double keys = ((double)problem.MaximumKeys / splits) + RoundKeys;
            double time = ((tiles * splits) + resident - 1) / resident * keys;
            if (time < least)
                (best, least) = (splits, time);
        }

        return best;
    }

    private long WantedTiles(Tiling tiling) => tiling.Schedule == KernelSchedule.Vector
        ? device.Workers
        : Math.Max(1, device.Description.ComputeUnits) * (long)tiling.GroupsPerComputeUnit;

    private long Tiles(Tiling tiling, int batch, int queries)
    {
        if (tiling.Schedule == KernelSchedule.Vector)
            return batch * TileSizes.DecodeGrid(Group, problem.KeyValueHeads, queries).Count;
        int rows = tiling.Decodes
            ? TileSizes.TensorCoreDecodeRows
            : tiling.Schedule == KernelSchedule.Simt
                ? TileSizes.SimtDecodeRowsOf((long)Group * queries, problem.ValueDimension)
                : TensorCoreTiles.Rows(problem.HeadDimension, problem.ValueDimension);
        return (long)batch * problem.KeyValueHeads * TileSizes.Tiles((long)Group * queries, rows);
    }

    // What the tiles of split keys depend on: the schedule, and whether tensor cores decode.
    private readonly record struct Tiling(KernelSchedule Schedule, bool Decodes)
    {
        // The work groups that a GPU's compute unit holds, by their registers.
        public int GroupsPerComputeUnit => Schedule == KernelSchedule.TensorCore ? 2 : 4;
    }
}
