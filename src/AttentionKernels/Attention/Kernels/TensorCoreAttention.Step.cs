using AttentionKernels.MicroKernels.Warp;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

internal static partial class AttentionModule<TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector>
{
    internal readonly partial struct TensorCoreAttention<TScores, TDepth, TOutput, TSums, TAccess>
    {
        private static TensorCoreLane LaneOf(Arguments arguments)
        {
            int shared = Shared;
            return new TensorCoreLane(
                SwizzledLane.OfRows(shared + (FirstWarpRow * SwizzledLane.RowBytes), RowPageBytes, Lane),
                SwizzledLane.OfColumns(shared + KeyTile, KeyPageBytes, Lane), SwizzledLane.OfRows(shared + ValueTile, KeyPageBytes, Lane),
                Copy(shared + KeyTile, KeyPageBytes, TDepth.Steps, arguments.HeadDimension, TensorCore<TKey>.ChunkBytes),
                Copy(shared + ValueTile, KeyPageBytes, TOutput.Steps, arguments.ValueDimension, TensorCore<TValue>.ChunkBytes));
        }

        // Behind the last row that one, so that every row has a query.
        private static void CopyQueries(Arguments arguments, SimtRows rows)
        {
            TileCopy copy = Copy(Shared, RowPageBytes, TDepth.Steps, arguments.HeadDimension, TileCopy.Bytes);
            for (int step = 0; step < Rows / TileCopy.RowsPerStep; step++)
            {
                int row = Math.Min(TileCopy.Row(Group.IdxX) + (step * TileCopy.RowsPerStep), rows.Count - 1);
                long offset = arguments.QueryOffset(rows.Item, rows.Query(row), rows.Head(row)) + TileCopy.Column(Group.IdxX);
                TileCopy.Copy(copy, MemoryAddress.OfGlobal(ref arguments.Query[0]) + (2 * offset), true, step);
            }
        }

        private static TileCopy Copy(int tile, int pageBytes, int steps, int width, int chunkBytes) =>
            TileCopy.Of(tile, pageBytes, steps * 16, width, Group.IdxX, chunkBytes, TAccess.IsRegular);

        private static TensorCoreState<TOutput, TSums> Step(
            TensorCoreState<TOutput, TSums> state, Arguments arguments, TensorCoreLane lane, Tokens tokens, bool isFull)
        {
            AsyncCopy.Wait(0);
            ConvertKeys(lane);
            Group.Barrier();
            TScores.Copy(lane.ValueCopy, tokens.Values(state, isFull), 0);
            AsyncCopy.Commit();

            TScores scores = TDepth.AddDepth<TScores>(default, lane.Queries, lane.Keys, 0);
            if (TKey.IsScaled)
                scores = TScores.Map(scores, ColumnFactors.Of(KeyScales), 0);
            if (!isFull)
                scores = TScores.Map(scores, tokens.Attended(arguments, state.Step), 0);

            AsyncCopy.Wait(0);
            ConvertValues(lane);
            Group.Barrier();
            long values = 0;

            // Of a mask with exact ranges no step is skipped; written so, the loop has fewer moves and addresses.
            int next = TMask.RangeIsExact ? state.Step - 1 : tokens.Next(arguments, state.Step);
            if (TMask.RangeIsExact ? state.Step > 0 : next >= 0)
            {
                long keys = tokens.NextKeyPlace(state, arguments, next, isFull);
                values = tokens.NextValuePlace(state, arguments, next, keys, isFull);
                TScores.Copy(lane.KeyCopy, tokens.Keys(next, keys, isFull), 0);
                tokens.CopyScales(arguments, next, isFull);
                AsyncCopy.Commit();
            }

            float scale = ExponentScale(arguments);
            TileRows maximum = TScores.Maximum(scores, TileRows.All(float.NegativeInfinity)).QuadMaximum(TScores.Rows)
                .Scale(-scale).Smaller(state.Maximum);
            state = RowRescale.Apply(state, state.Maximum, maximum);

            // Where there is no score yet, the offset is finite all the same: −∞ + ∞ were NaN.
            scores = TScores.PowerOfTwo(scores, scale, maximum.Smaller(TileRows.All(float.MaxValue)));
            TSums sums = TSums.Add(state.Sums, scores);
            if (TValue.IsScaled)
                scores = TScores.Map(scores, ColumnFactors.Of(WeightFactors), 0);
            TOutput output = TScores.AddWeighted(scores, state.Output, lane.Values, 0);
            return new TensorCoreState<TOutput, TSums>(output, sums, maximum, next, values);
        }
    }
}
