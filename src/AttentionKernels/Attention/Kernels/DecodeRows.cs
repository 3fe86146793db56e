using AttentionKernels.Attention.Layouts;
using AttentionKernels.Attention.State;
using AttentionKernels.Attention.Variants;
using AttentionKernels.Attention.Work;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

internal static partial class AttentionModule<TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector>
{
    /// <summary>
    /// The few rows of a decoding tile and their online-softmax states in scratch memory, and the step that every key tile repeats for
    /// them.
    /// </summary>
    /// <remarks>
    /// Rows lie kv head by kv head: row = ((kv head · queries) + query) · head group + member, where the head group is the query heads that
    /// share a kv head.
    /// </remarks>
    internal readonly struct DecodeRows
    {
        /// <summary>Keys of a tile.</summary>
        public const int Keys = TileSizes.VectorKeys;

        private readonly WorkItem _item;
        private readonly int _firstHead;
        private readonly int _heads;
        private readonly int _headGroup;
        private readonly int _rowsPerHead;
        private readonly int _keyDimension;
        private readonly int _valueDimension;
        private readonly int _count;
        private readonly RowOffsetTable _offsets;
        private readonly ArrayView<float> _queries;
        private readonly ArrayView<float> _outputs;
        private readonly ArrayView<float> _scores;

        // For each score whether it is masked; only variants that must be asked about every score use it.
        private readonly ArrayView<float> _masked;
        private readonly ArrayView<float> _maxima;
        private readonly ArrayView<float> _sums;
        private readonly ArrayView<float> _factors;

        // The scales of a tile's keys or values [kv head][key].
        private readonly ArrayView<float> _scales;

        // The rows' terms [row][term] for a modifier that has a formula.
        private readonly ArrayView<float> _terms;

        public DecodeRows(in Arguments arguments, WorkItem item, int firstHead, int heads, ArrayView<float> scratch)
        {
            int headGroup = arguments.HeadGroup;
            int keyDimension = arguments.HeadDimension;
            int valueDimension = arguments.ValueDimension;
            _item = item;
            _firstHead = firstHead;
            _heads = heads;
            _headGroup = headGroup;
            _rowsPerHead = headGroup * item.Queries;
            _keyDimension = keyDimension;
            _valueDimension = valueDimension;
            _count = heads * headGroup * item.Queries;
            _offsets = new RowOffsetTable(scratch);
            ArrayView<float> rest = scratch.SubView(RowOffsetTable.Length);
            _queries = rest.SubView(0, _count * keyDimension);
            rest = rest.SubView(_count * keyDimension);
            _outputs = rest.SubView(0, _count * valueDimension);
            rest = rest.SubView(_count * valueDimension);
            _scores = rest.SubView(0, _count * Keys);
            _masked = rest.SubView(_count * Keys, _count * Keys);
            rest = rest.SubView(2 * _count * Keys);
            _terms = rest.SubView(0, _count * Terms);
            rest = rest.SubView(_count * Terms);
            _maxima = rest.SubView(0, _count);
            _sums = rest.SubView(_count, _count);
            _factors = rest.SubView(2 * _count, _count);
            _scales = rest.SubView(3 * _count, heads * Keys);
        }

        /// <summary>Elements of scratch memory.</summary>
        public static int Length(int rows, int keyDimension, int valueDimension) =>
            RowOffsetTable.Length + (rows * (keyDimension + valueDimension + (3 * Keys) + 3 + Terms));

        /// <summary>The queries of all rows, and their heads.</summary>
        public QueryRange Queries => Arguments.Queries(
            _item, 0, _item.Queries - 1, _firstHead * _headGroup, ((_firstHead + _heads) * _headGroup) - 1);

        /// <summary>Packs the queries, with empty states.</summary>
        public void Start(in Arguments arguments)
        {
            VectorRow.Clear(_outputs, _count * _valueDimension);
            for (int row = 0; row < _count; row++)
            {
                ArrayView<TElement> query = arguments.Query.SubView(arguments.QueryOffset(_item, Query(row), Head(row)));
                StoredRow<TElement>.Widen(query, _queries.SubView((long)row * _keyDimension), _keyDimension);
                _maxima[row] = SoftmaxState.Empty.Maximum;
                _sums[row] = SoftmaxState.Empty.Sum;
                if (TModifier.HasFormula)
                    arguments.StoreTerms(TWork.Position(arguments.Work, _item, Head(row), Query(row)), _terms, row * RowTerms.Count, 1);
            }
        }

        /// <summary>The online-softmax update by a tile of keys, then P·V.</summary>
        public void Accumulate(in Arguments arguments, int firstKey, int endKey, TileCoverage coverage)
        {
            // The tokens behind the tile are prefetched; the next tile begins with them.
            int count = endKey - firstKey;
            int known = Math.Min(_item.Keys - firstKey, count + SkinnyGemmShape.BlockTokens);
            Locate(arguments, _item, firstKey, known, _offsets);
            RowList<TKey> keys = arguments.Keys.Rows(_offsets.Keys, _firstHead, known, _keyDimension);
            SkinnyGemm<TVector, TKey>.Scores(
                _queries, new HeadRows<TKey>(keys, arguments.Keys.HeadStride, _heads, count), new TileView(_scores, Keys), _rowsPerHead);
            if (TKey.IsScaled)
            {
                arguments.Keys.GatherScales(_offsets.KeyScales, _firstHead, new TileView(_scales, Keys), count, _heads);
                MultiplyByScales(count);
            }

            // Whether no row has a masked key, so that the values can be taken for all rows at once.
            bool together = true;
            bool rangesSayAll = NothingIsAsked(coverage);
            float scale = arguments.Scale;
            if (TModifier.HasFormula)
            {
                // Where the formula masks, ranges do not say all.
                int key = TWork.Position(arguments.Work, _item, Head(0), Query(0)).Key + firstKey;
                rangesSayAll &= new TileView(_scores, Keys).ApplyToRows<TVector, ModifierFormula<TModifier>>(
                    _count, count, scale, key, _terms);
                scale = 1f;
            }

            if (!rangesSayAll)
            {
                together = ScoreEach(arguments, firstKey, endKey);
                scale = 1f;
            }
            else
            {
                for (int row = 0; row < _count; row++)
                {
                    KeyRange range = Range(arguments, row, firstKey, endKey);
                    together &= range.First == firstKey && range.End == endKey;
                    for (int key = firstKey; key < range.First; key++)
                        _scores[(row * Keys) + key - firstKey] = float.NegativeInfinity;
                    for (int key = Math.Max(firstKey, range.End); key < endKey; key++)
                        _scores[(row * Keys) + key - firstKey] = float.NegativeInfinity;
                }
            }

            RowSoftmax<TVector>.Update(new TileView(_scores, Keys), _count, count, scale, new SoftmaxRows(_maxima, _sums, _factors));
            for (int row = 0; row < _count; row++)
            {
                if (_factors[row] != 1f)
                    VectorRow.Scale(Output(row), _factors[row], Output(row), _valueDimension);
            }

            if (TValue.IsScaled)
            {
                arguments.Values.GatherScales(_offsets.ValueScales, _firstHead, new TileView(_scales, Keys), count, _heads);
                MultiplyByScales(count);
            }

            AddValues(arguments, firstKey, endKey, known, together, together || rangesSayAll);
        }

        /// <summary>Stores what the rows hold: their partial states if the tile has them, otherwise their outputs.</summary>
        public void Store(in Arguments arguments, WorkTile tile)
        {
            for (int row = 0; row < _count; row++)
            {
                var state = new SoftmaxState(_maxima[row], _sums[row]);
                if (!tile.HasStates)
                {
                    ArrayView<TElement> output = arguments.Output.SubView(arguments.OutputOffset(_item, Query(row), Head(row)));
                    StoredRow<TElement>.Narrow(Output(row), arguments.Finish(_item, Query(row), Head(row), state), output, _valueDimension);
                }
                else
                {
                    long offset = arguments.StoreState(tile, Query(row), Head(row), state);
                    VectorRow.Scale(arguments.Workspace.SubView(offset), 1f, Output(row), _valueDimension);
                }
            }
        }

        // Scores, or weights, instead of every number of the tokens.
        private void MultiplyByScales(int count)
        {
            for (int row = 0; row < _count; row++)
                VectorRow.Multiply(_scores.SubView(row * Keys), _scales.SubView(row / _rowsPerHead * Keys), count);
        }

        private ArrayView<float> Output(int row) => _outputs.SubView(row * _valueDimension);

        private int Query(int row) => row % _rowsPerHead / _headGroup;

        private int Head(int row) => ((_firstHead + (row / _rowsPerHead)) * _headGroup) + (row % _headGroup);

        private KeyRange Range(in Arguments arguments, int row, int firstKey, int endKey) =>
            arguments.Range(_item, Query(row), Query(row)).Clip(firstKey, endKey);

        /// <summary>What the variant has in scalar form, for each score. Returns whether none is masked.</summary>
        private bool ScoreEach(in Arguments arguments, int firstKey, int endKey)
        {
            bool none = true;
            for (int row = 0; row < _count; row++)
            {
                KeyRange range = Range(arguments, row, firstKey, endKey);
                Position first = TWork.Position(arguments.Work, _item, Head(row), Query(row));
                for (int key = firstKey; key < endKey; key++)
                {
                    int index = (row * Keys) + key - firstKey;
                    bool inside = key >= range.First && key < range.End;
                    float score = inside ? arguments.ScoreAfterFormula(_scores[index], first, key) : float.NegativeInfinity;
                    _scores[index] = score;
                    _masked[index] = score == float.NegativeInfinity ? 1f : 0f;
                    none &= score != float.NegativeInfinity;
                }
            }

            return none;
        }

        /// <summary>
        /// Adds the weighted values: for all rows together, or row by row and masked ones not at all, since 0 · NaN would reach the output.
        /// </summary>
        private void AddValues(in Arguments arguments, int firstKey, int endKey, int known, bool together, bool inRuns)
        {
            int rows = together ? _count : 1;
            for (int row = 0; row < _count; row += rows)
            {
                KeyRange range = together ? new KeyRange(firstKey, endKey) : Range(arguments, row, firstKey, endKey);
                int head = row / _rowsPerHead;
                for (int key = range.First; key < range.End;)
                {
                    int token = key - firstKey;
                    int run = inRuns ? range.End - key : 1;
                    int score = (row * Keys) + token;
                    if (inRuns || _masked[score] == 0f)
                    {
                        RowList<TValue> values = arguments.Values.Rows(
                            _offsets.Values.SubView(token), _firstHead + head, known - token, _valueDimension);
                        SkinnyGemm<TVector, TValue>.Outputs(
                            new TileView(_scores.SubView(score), Keys),
                            new HeadRows<TValue>(values, arguments.Values.HeadStride, together ? _heads : 1, run),
                            Output(row), together ? _rowsPerHead : 1);
                    }

                    key += run;
                }
            }
        }
    }
}
