using AttentionKernels.Attention.State;
using AttentionKernels.Attention.Variants;
using AttentionKernels.Attention.Work;
using AttentionKernels.Formats;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

internal static partial class AttentionModule<TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector>
{
    /// <summary>
    /// A panel of queries and their online-softmax states in scratch memory, and the online-softmax update that every key tile repeats for
    /// it.
    /// </summary>
    /// <remarks>
    /// Dao, "FlashAttention-2", 2023, algorithm 1: scores of the tile, the new maxima, the old outputs scaled down to them, the weighted
    /// values added. Everything is [element][lane].
    /// </remarks>
    internal readonly struct PanelState
    {
        private readonly ArrayView<float> _queries;
        private readonly ArrayView<float> _outputs;
        private readonly ArrayView<float> _maxima;
        private readonly ArrayView<float> _sums;
        private readonly ArrayView<Bounds> _bounds;

        // The rows' terms [term][lane] for a modifier that has a formula.
        private readonly ArrayView<float> _terms;
        private readonly int _keyDimension;
        private readonly int _valueDimension;

        public PanelState(ArrayView<float> scratch, int keyDimension, int valueDimension)
        {
            int queries = KeyValueTile.Padded(keyDimension);
            int outputs = KeyValueTile.Padded(valueDimension);
            _queries = scratch.SubView(0, queries * Panel);
            _outputs = scratch.SubView(queries * Panel, outputs * Panel);
            ArrayView<float> rest = scratch.SubView((queries + outputs) * Panel);
            _terms = rest.SubView(0, Terms * Panel);
            rest = rest.SubView(Terms * Panel);
            _maxima = rest.SubView(0, Panel);
            _sums = rest.SubView(Panel, Panel);
            _bounds = rest.SubView(2 * Panel, Panel).Cast<Bounds>();
            _keyDimension = keyDimension;
            _valueDimension = valueDimension;
        }

        /// <summary>Elements of scratch memory of a panel.</summary>
        public static int Length(int keyDimension, int valueDimension) =>
            (KeyValueTile.Padded(keyDimension) + KeyValueTile.Padded(valueDimension) + 3 + Terms) * Panel;

        /// <summary>Packs the queries into the lanes, with empty states.</summary>
        /// <returns>The keys that any of the lanes attends to.</returns>
        public KeyRange Start(in Arguments arguments, PanelRows rows)
        {
            if (rows.Count < Panel)
                VectorRow.Clear(_queries, _keyDimension * Panel);
            VectorRow.Clear(_outputs, KeyValueTile.Padded(_valueDimension) * Panel);
            VectorRow.Clear(_sums, Panel);
            var bounds = new Bounds { First = rows.Item.Keys, FirstEnd = rows.Item.Keys };
            for (int lane = 0; lane < Panel; lane++)
            {
                _maxima[lane] = SoftmaxState.Empty.Maximum;
                if (lane >= rows.Count)
                    continue;
                int query = rows.Query(lane);
                ArrayView<TElement> row = arguments.Query.SubView(arguments.QueryOffset(rows.Item, query, rows.Head(lane)));
                RowKernels<TVector, TElement, CachedStore>.PanelLane.Pack(_queries.SubView(lane), row, _keyDimension);
                if (TModifier.HasFormula)
                    arguments.StoreTerms(TWork.Position(arguments.Work, rows.Item, rows.Head(lane), query), _terms, lane, Panel);
                KeyRange range = arguments.Range(rows.Item, query, query);
                bounds.First = Math.Min(bounds.First, range.First);
                bounds.End = Math.Max(bounds.End, range.End);
                bounds.LastFirst = Math.Max(bounds.LastFirst, range.First);
                bounds.FirstEnd = Math.Min(bounds.FirstEnd, range.End);
            }

            _bounds[0] = bounds;
            return new KeyRange(bounds.First, bounds.End);
        }

        /// <summary>Computes the scores of a tile of keys, without their scale; the tile's values are prefetched on the way.</summary>
        /// <returns>Which keys of the tile any lane attends to.</returns>
        public PanelKeys Score(
            in Arguments arguments, PanelRows rows, KeyValueTile tile, PanelScores scores, KeyRange tileKeys, bool prefetchesValues)
        {
            // What no lane attends to at the tile's ends is left out, at the front in whole blocks.
            Bounds bounds = _bounds[0];
            int firstKey = tileKeys.First;
            int skipped = Math.Max(0, bounds.First - firstKey) / TVector.BlockRows * TVector.BlockRows;
            var keys = new PanelKeys(firstKey, skipped, Math.Min(tileKeys.End, bounds.End) - firstKey - skipped);
            if (keys.Count > 0)
            {
                tile.Score(
                    arguments, rows.KeyValueHead, keys, _queries, scores.Scores, prefetchesValues ? tileKeys.End - firstKey : 0);
            }

            return keys;
        }

        /// <summary>The online-softmax update by a tile of keys and their scores, then P·V; keys of the next tile are prefetched on the
        /// way.</summary>
        /// <param name="arguments">The arguments.</param>
        /// <param name="rows">The rows of the lanes.</param>
        /// <param name="tile">The tile.</param>
        /// <param name="scores">The scores; they become weights.</param>
        /// <param name="keys">Which keys of the tile.</param>
        /// <param name="facts">What is known of the tile.</param>
        public void Accumulate(
            in Arguments arguments, PanelRows rows, KeyValueTile tile, PanelScores scores, PanelKeys keys, TileFacts facts)
        {
            if (keys.Count <= 0)
                return;

            Bounds bounds = _bounds[0];
            bool bounded = keys.First < bounds.LastFirst || keys.First + keys.Count > bounds.FirstEnd;
            float scale = arguments.Scale;
            if (TModifier.HasFormula)
            {
                int firstKey = TWork.Position(arguments.Work, rows.Item, rows.Head(0), rows.Query(0)).Key + keys.First;
                new TileView(scores.Scores, 2 * TVector.Lanes).ApplyToPanel<TVector, ModifierFormula<TModifier>>(
                    keys.Count, scale, firstKey, _terms);
                scale = 1f;
            }

            bool asks = !NothingIsAsked(facts.Coverage);
            if (TModifier.AsksEachScore)
            {
                PanelMasking.ScoreEach(arguments, rows, scores, keys);
                scale = 1f;
            }
            else if (asks)
            {
                PanelMasking.ByBlocks(arguments, rows, scores, keys);
            }
            else if (bounded && (RangesSayAll || facts.Coverage == TileCoverage.InRanges))
            {
                PanelMasking.ByRanges(arguments, rows, scores, keys);
            }

            // A formula may mask, too.
            bool exposed = !facts.AreFinite && (asks || bounded || TModifier.HasFormula);
            if (exposed)
                RememberMasked(rows, scores, keys.Count);
            PanelSoftmax<TVector>.Update(scores.Scores, keys.Count, scale, new SoftmaxRows(_maxima, _sums, scores.Factors));
            if (exposed)
                AccumulateAttended(rows, tile, scores, keys);
            else
                tile.Accumulate(arguments, rows.KeyValueHead, keys, scores, _outputs, facts.NextCount);
        }

        /// <summary>Stores what the lanes hold: their partial states if the tile has them, otherwise their outputs.</summary>
        public void Store(in Arguments arguments, PanelRows rows, WorkTile tile)
        {
            for (int lane = 0; lane < rows.Count; lane++)
            {
                int query = rows.Query(lane);
                int head = rows.Head(lane);
                ArrayView<float> outputs = _outputs.SubView(lane);
                var state = new SoftmaxState(_maxima[lane], _sums[lane]);
                if (!tile.HasStates)
                {
                    ArrayView<TElement> output = arguments.Output.SubView(arguments.OutputOffset(rows.Item, query, head));
                    RowKernels<TVector, TElement, CachedStore>.PanelLane.Unpack(
                        outputs, arguments.Finish(rows.Item, query, head, state), output, _valueDimension);
                }
                else
                {
                    long offset = arguments.StoreState(tile, query, head, state);
                    ArrayView<StoredFp32> partial = arguments.Workspace.SubView(offset).Cast<StoredFp32>();
                    RowKernels<TVector, StoredFp32, CachedStore>.PanelLane.Unpack(outputs, 1f, partial, _valueDimension);
                }
            }
        }

        private static void RememberMasked(PanelRows rows, PanelScores scores, int count)
        {
            for (int lane = 0; lane < rows.Count; lane++)
            {
                for (int key = 0; key < count; key++)
                    scores.Masked[(key * Panel) + lane] = scores.Scores[(key * Panel) + lane] == float.NegativeInfinity ? 1f : 0f;
            }
        }

        /// <summary>
        /// Accumulates the weighted values one by one, masked ones not at all: a value that is no finite number must not reach the lanes
        /// for which it is masked, and 0 · NaN would.
        /// </summary>
        private void AccumulateAttended(PanelRows rows, KeyValueTile tile, PanelScores scores, PanelKeys keys)
        {
            for (int lane = 0; lane < rows.Count; lane++)
            {
                for (int column = 0; column < _valueDimension; column++)
                {
                    int values = (column / TVector.BlockRows * tile.BlockStride) + (column % TVector.BlockRows);
                    float sum = scores.Factors[lane] * _outputs[(column * Panel) + lane];
                    for (int key = 0; key < keys.Count; key++)
                    {
                        if (scores.Masked[(key * Panel) + lane] == 0f)
                        {
                            float value = tile.Values[values + ((keys.Skipped + key) * TVector.BlockRows)];
                            sum = FusedMultiplyAdd.Fma(value, scores.Scores[(key * Panel) + lane], sum);
                        }
                    }

                    _outputs[(column * Panel) + lane] = sum;
                }
            }
        }

        /// <summary>Where the lanes' ranges of keys begin and end: keys before the last first and from the first end are masked for some
        /// lane.</summary>
        private struct Bounds
        {
            public int First;
            public int End;
            public int LastFirst;
            public int FirstEnd;
        }
    }
}
