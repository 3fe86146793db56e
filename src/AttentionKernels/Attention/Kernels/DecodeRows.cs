using AttentionKernels.Attention.Layouts;
using AttentionKernels.Attention.State;
using AttentionKernels.Formats;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

/// <summary>
/// The few rows of a decoding tile and their online-softmax states in scratch memory, and the step that every key tile repeats for them.
/// </summary>
/// <remarks>
/// Rows lie kv head by kv head: row = ((kv head · queries) + query) · group + member, where the group is the query heads that share a
/// kv head.
/// </remarks>
internal readonly struct DecodeRows<TWidth>
    where TWidth : struct, IVectorWidth
{
    /// <summary>Keys of a tile.</summary>
    public const int Keys = 64;

    private readonly int _batch;
    private readonly int _firstHead;
    private readonly int _heads;
    private readonly int _group;
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

    public DecodeRows(ArrayView<float> scratch, int batch, int firstHead, int heads, int group, int queryLength, int keyDimension, int valueDimension)
    {
        _batch = batch;
        _firstHead = firstHead;
        _heads = heads;
        _group = group;
        _rowsPerHead = group * queryLength;
        _keyDimension = keyDimension;
        _valueDimension = valueDimension;
        _count = heads * group * queryLength;
        _offsets = new RowOffsetTable(scratch);
        ArrayView<float> rest = scratch.SubView(RowOffsetTable.Length);
        _queries = rest.SubView(0, _count * keyDimension);
        rest = rest.SubView(_count * keyDimension);
        _outputs = rest.SubView(0, _count * valueDimension);
        rest = rest.SubView(_count * valueDimension);
        _scores = rest.SubView(0, _count * Keys);
        _masked = rest.SubView(_count * Keys, _count * Keys);
        rest = rest.SubView(2 * _count * Keys);
        _maxima = rest.SubView(0, _count);
        _sums = rest.SubView(_count, _count);
        _factors = rest.SubView(2 * _count, _count);
        _scales = rest.SubView(3 * _count, heads * Keys);
    }

    /// <summary>Elements of scratch memory.</summary>
    public static int Length(int rows, int keyDimension, int valueDimension) =>
        RowOffsetTable.Length + (rows * (keyDimension + valueDimension + (3 * Keys) + 3));

    /// <summary>Brings the queries together, with empty states.</summary>
    public void Start<TElement, TSequences, TMask, TModifier>(in AttentionArguments<TElement, TSequences, TMask, TModifier> arguments)
        where TElement : unmanaged, IElement<TElement>
        where TSequences : struct, ISequences<TSequences>
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier>
    {
        VectorRow.Clear(_outputs, 0, _count * _valueDimension);
        for (int row = 0; row < _count; row++)
        {
            StoredRow.Widen(
                arguments.Query, TSequences.QueryOffset(arguments.Sequences, _batch, Query(row)) + (Head(row) * arguments.QueryHeadStride),
                _queries, (long)row * _keyDimension, _keyDimension);
            _maxima[row] = SoftmaxState.Empty.Maximum;
            _sums[row] = SoftmaxState.Empty.Sum;
        }
    }

    /// <summary>Takes a tile of keys into the states.</summary>
    public void Accumulate<TElement, TSequences, TMask, TModifier>(in AttentionArguments<TElement, TSequences, TMask, TModifier> arguments, int firstKey, int endKey)
        where TElement : unmanaged, IElement<TElement>
        where TSequences : struct, ISequences<TSequences>
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier>
    {
        // The tokens behind the tile are asked for ahead; the next tile begins with them.
        int count = endKey - firstKey;
        int known = Math.Min(TSequences.KeyLength(arguments.Sequences, _batch) - firstKey, count + SkinnyGemm.BlockTokens);
        TSequences.Locate(arguments.Sequences, _batch, firstKey, known, _offsets);
        TSequences.Scores<TWidth>(arguments.Sequences, _queries, _offsets, known, _firstHead, _scores, Keys, _heads, _rowsPerHead, count, _keyDimension);
        if (TSequences.KeysAreScaled)
        {
            TSequences.GatherKeyScales(arguments.Sequences, _offsets, _firstHead, _scales, Keys, _heads, count);
            MultiplyByScales(count);
        }

        // Whether no row has a masked key, so that the values can be taken for all rows at once.
        bool together = true;
        float scale = arguments.Scale;
        if (!TMask.RangeIsExact || !TModifier.IsIdentity)
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

        RowSoftmax.Update<TWidth>(_scores, 0, Keys, _count, count, scale, _maxima, 0, _sums, 0, _factors, 0);
        for (int row = 0; row < _count; row++)
        {
            if (_factors[row] != 1f)
                VectorRow.Scale(_outputs, row * _valueDimension, _factors[row], _outputs, row * _valueDimension, _valueDimension);
        }

        if (TSequences.ValuesAreScaled)
        {
            TSequences.GatherValueScales(arguments.Sequences, _offsets, _firstHead, _scales, Keys, _heads, count);
            MultiplyByScales(count);
        }

        AddValues(arguments, firstKey, endKey, known, together);
    }

    /// <summary>Stores what the rows hold: their outputs if the keys are not split, otherwise their partial states.</summary>
    public void Store<TElement, TSequences, TMask, TModifier>(in AttentionArguments<TElement, TSequences, TMask, TModifier> arguments, int split)
        where TElement : unmanaged, IElement<TElement>
        where TSequences : struct, ISequences<TSequences>
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier>
    {
        for (int row = 0; row < _count; row++)
        {
            var state = new SoftmaxState(_maxima[row], _sums[row]);
            if (arguments.States == 1)
            {
                StoredRow.Narrow(
                    _outputs, row * _valueDimension, state.Normalizer(),
                    arguments.Output, TSequences.OutputOffset(arguments.Sequences, _batch, Query(row)) + (Head(row) * arguments.OutputHeadStride), _valueDimension);
                arguments.StoreLogSumExp(_batch, Head(row), Query(row), state);
            }
            else
            {
                long offset = StateWorkspace.Offset(
                    arguments, _batch, Head(row), Query(row), TSequences.FirstState(arguments.Sequences, _batch) + split);
                VectorRow.Scale(arguments.Workspace, offset, 1f, _outputs, row * _valueDimension, _valueDimension);
                arguments.Workspace[offset + _valueDimension] = state.Maximum;
                arguments.Workspace[offset + _valueDimension + 1] = state.Sum;
            }
        }
    }

    // Scores, or weights, instead of every number of the tokens.
    private void MultiplyByScales(int count)
    {
        for (int row = 0; row < _count; row++)
            VectorRow.Multiply(_scores, row * Keys, _scales, row / _rowsPerHead * Keys, count);
    }

    private int Query(int row) => row % _rowsPerHead / _group;

    private int Head(int row) => ((_firstHead + (row / _rowsPerHead)) * _group) + (row % _group);

    private KeyRange Range<TElement, TSequences, TMask, TModifier>(
        in AttentionArguments<TElement, TSequences, TMask, TModifier> arguments, int row, int firstKey, int endKey)
        where TElement : unmanaged, IElement<TElement>
        where TSequences : struct, ISequences<TSequences>
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier> =>
        arguments.Range(_batch, Query(row), Query(row)).Clip(firstKey, endKey);

    /// <summary>The variant's scalar form, for each score. Returns whether none is masked.</summary>
    private bool ScoreEach<TElement, TSequences, TMask, TModifier>(in AttentionArguments<TElement, TSequences, TMask, TModifier> arguments, int firstKey, int endKey)
        where TElement : unmanaged, IElement<TElement>
        where TSequences : struct, ISequences<TSequences>
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier>
    {
        bool none = true;
        for (int row = 0; row < _count; row++)
        {
            KeyRange range = Range(arguments, row, firstKey, endKey);
            Position first = TSequences.Position(arguments.Sequences, _batch, Head(row), Query(row));
            for (int key = firstKey; key < endKey; key++)
            {
                int index = (row * Keys) + key - firstKey;
                bool inside = key >= range.First && key < range.End;
                float score = inside ? arguments.Score(_scores[index], first, key) : float.NegativeInfinity;
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
    private void AddValues<TElement, TSequences, TMask, TModifier>(
        in AttentionArguments<TElement, TSequences, TMask, TModifier> arguments, int firstKey, int endKey, int known, bool together)
        where TElement : unmanaged, IElement<TElement>
        where TSequences : struct, ISequences<TSequences>
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier>
    {
        bool inRuns = together || (TMask.RangeIsExact && TModifier.IsIdentity);
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
                    TSequences.Outputs<TWidth>(
                        arguments.Sequences, _scores, score, Keys, _offsets, token, known - token, _firstHead + head,
                        _outputs, row * _valueDimension, together ? _heads : 1, together ? _rowsPerHead : 1, run, _valueDimension);
                }

                key += run;
            }
        }
    }
}
