using AttentionKernels.MicroKernels;

namespace AttentionKernels.Attention.Kernels;

internal static partial class AttentionModule<TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector>
{
    /// <summary>Masks a panel's scores of a key tile: by ranges, by blocks that the mask knows, or one by one, as little of each as the
    /// tile needs.</summary>
    internal static class PanelMasking
    {
        // Keys of a block; its rows are the lanes of a vector.
        private const int BlockKeys = 16;

        /// <summary>Masks by the ranges of the lanes, where ranges say all.</summary>
        public static void ByRanges(in Arguments arguments, PanelRows rows, PanelScores scores, PanelKeys keys)
        {
            for (int lane = 0; lane < Panel; lane++)
                Bound(arguments, rows, scores, Math.Min(lane, rows.Count - 1), lane, keys);
            PanelSoftmax<TVector>.Mask(scores.Scores, keys.Count, scores.FirstKeys, scores.EndKeys);
        }

        /// <summary>Masks by the coverage of blocks, of a mixed block by that of each row, and asks about each score where a row is mixed,
        /// too.</summary>
        public static void ByBlocks(in Arguments arguments, PanelRows rows, PanelScores scores, PanelKeys keys)
        {
            for (int key = 0; key < keys.Count; key += BlockKeys)
            {
                var block = new PanelKeys(keys.First, key, Math.Min(BlockKeys, keys.Count - key));
                bool isFirstFull = BoundLanes(arguments, rows, scores, 0, block);
                bool isSecondFull = BoundLanes(arguments, rows, scores, TVector.Lanes, block);
                if (!isFirstFull || !isSecondFull)
                    PanelSoftmax<TVector>.Mask(scores.Scores.SubView(key * Panel), block.Count, scores.FirstKeys, scores.EndKeys);
            }
        }

        /// <summary>What the variant has in scalar form, for each score.</summary>
        public static void ScoreEach(in Arguments arguments, PanelRows rows, PanelScores scores, PanelKeys keys)
        {
            for (int lane = 0; lane < rows.Count; lane++)
            {
                int query = rows.Query(lane);
                KeyRange range = arguments.Range(rows.Item, query, query).Clip(keys.First, keys.First + keys.Count);
                Position start = TWork.Position(arguments.Work, rows.Item, rows.Head(lane), query);
                for (int key = 0; key < keys.Count; key++)
                {
                    int score = (key * Panel) + lane;
                    bool inside = keys.First + key >= range.First && keys.First + key < range.End;
                    scores.Scores[score] = inside
                        ? arguments.ScoreAfterFormula(scores.Scores[score], start, keys.First + key)
                        : float.NegativeInfinity;
                }
            }
        }

        // Of a vector's lanes the keys of a block outside of which nothing is left; whether all of all lanes is.
        private static bool BoundLanes(in Arguments arguments, PanelRows rows, PanelScores scores, int first, PanelKeys block)
        {
            int end = Math.Min(first + TVector.Lanes, rows.Count);
            if (first >= end)
                return true;
            var keys = new KeyRange(block.First, block.First + block.Count);
            TileCoverage coverage = arguments.Coverage(rows.Queries(first, end), keys);
            for (int lane = first; lane < end; lane++)
            {
                // Rows of a block may be of several heads, and of several blocks of the mask's.
                TileCoverage own = coverage == TileCoverage.Partial ? arguments.Coverage(rows.QueryOf(lane), keys) : coverage;
                if (own is TileCoverage.Partial or TileCoverage.InRanges)
                    Bound(arguments, rows, scores, lane, lane, block);
                if (own == TileCoverage.Partial)
                    AskEach(arguments, rows, scores, lane, block);
                if (own is TileCoverage.Empty or TileCoverage.Full)
                {
                    scores.FirstKeys[lane] = 0f;
                    scores.EndKeys[lane] = own == TileCoverage.Full ? block.Count : 0f;
                }
            }

            return coverage == TileCoverage.Full;
        }

        // The keys in a row's range, for a lane.
        private static void Bound(in Arguments arguments, PanelRows rows, PanelScores scores, int row, int lane, PanelKeys keys)
        {
            int query = rows.Query(row);
            KeyRange range = arguments.Range(rows.Item, query, query).Clip(keys.First, keys.First + keys.Count);
            scores.FirstKeys[lane] = range.First - keys.First;
            scores.EndKeys[lane] = range.End - keys.First;
        }

        private static void AskEach(in Arguments arguments, PanelRows rows, PanelScores scores, int lane, PanelKeys block)
        {
            Position start = TWork.Position(arguments.Work, rows.Item, rows.Head(lane), rows.Query(lane));
            int endKey = (int)scores.EndKeys[lane];
            for (int key = (int)scores.FirstKeys[lane]; key < endKey; key++)
            {
                if (!TMask.Allows(arguments.Mask, Arguments.At(start, block.First + key)))
                    scores.Scores[((block.Skipped + key) * Panel) + lane] = float.NegativeInfinity;
            }
        }
    }
}
