using AttentionKernels.Attention.Layouts;
using AttentionKernels.Attention.State;
using AttentionKernels.Formats;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

/// <summary>
/// A panel of queries and their online-softmax states in scratch memory, and the step that every key tile repeats for it.
/// </summary>
/// <remarks>
/// Dao, "FlashAttention-2", 2023, algorithm 1: scores of the tile, the new maxima, the old outputs scaled down to them, the weighted
/// values added. Everything is [element][lane].
/// </remarks>
internal readonly struct PanelState<TWidth>
    where TWidth : struct, IVectorWidth
{
    private readonly ArrayView<float> _queries;
    private readonly ArrayView<float> _outputs;
    private readonly ArrayView<float> _maxima;
    private readonly ArrayView<float> _sums;

    // Where lanes differ in what they see: keys before the first and from the last of these are masked for some lane.
    private readonly ArrayView<float> _bounds;
    private readonly int _keyDimension;
    private readonly int _valueDimension;

    public PanelState(ArrayView<float> scratch, int keyDimension, int valueDimension)
    {
        int queries = KeyValueTile<TWidth>.Padded(keyDimension);
        int outputs = KeyValueTile<TWidth>.Padded(valueDimension);
        _queries = scratch.SubView(0, queries * Panel);
        _outputs = scratch.SubView(queries * Panel, outputs * Panel);
        ArrayView<float> rest = scratch.SubView((queries + outputs) * Panel);
        _maxima = rest.SubView(0, Panel);
        _sums = rest.SubView(Panel, Panel);
        _bounds = rest.SubView(2 * Panel, Panel);
        _keyDimension = keyDimension;
        _valueDimension = valueDimension;
    }

    private static int Panel => 2 * TWidth.Lanes;

    /// <summary>Elements of scratch memory for the scores of a tile of <paramref name="keys"/> keys, which panels use one after the other.</summary>
    public static int ScoresLength(int keys) => Panel * ((2 * keys) + 3);

    /// <summary>Elements of scratch memory of a panel.</summary>
    public static int Length(int keyDimension, int valueDimension) =>
        (KeyValueTile<TWidth>.Padded(keyDimension) + KeyValueTile<TWidth>.Padded(valueDimension) + 3) * Panel;

    /// <summary>Brings the queries into the lanes, with empty states.</summary>
    /// <returns>The keys that any of the lanes attends to.</returns>
    public KeyRange Start<TElement, TSequences, TMask, TModifier>(in AttentionArguments<TElement, TSequences, TMask, TModifier> arguments, PanelRows rows)
        where TElement : unmanaged, IElement<TElement>
        where TSequences : struct, ISequences<TSequences>
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier>
    {
        if (rows.Count < Panel)
            VectorRow.Clear(_queries, 0, _keyDimension * Panel);
        VectorRow.Clear(_outputs, 0, KeyValueTile<TWidth>.Padded(_valueDimension) * Panel);
        VectorRow.Clear(_sums, 0, Panel);
        int keyLength = TSequences.KeyLength(arguments.Sequences, rows.Batch);
        int first = keyLength;
        int end = 0;
        int lastFirst = 0;
        int firstEnd = keyLength;
        for (int lane = 0; lane < Panel; lane++)
        {
            _maxima[lane] = SoftmaxState.Empty.Maximum;
            if (lane >= rows.Count)
                continue;
            int query = rows.Query(lane);
            PanelLane.Pack<TElement, TWidth>(_queries, lane, arguments.Query,
                TSequences.QueryOffset(arguments.Sequences, rows.Batch, query) + (rows.Head(lane) * arguments.QueryHeadStride), _keyDimension);
            KeyRange range = arguments.Range(rows.Batch, query, query);
            first = Math.Min(first, range.First);
            end = Math.Max(end, range.End);
            lastFirst = Math.Max(lastFirst, range.First);
            firstEnd = Math.Min(firstEnd, range.End);
        }

        _bounds[0] = Interop.IntAsFloat((uint)first);
        _bounds[1] = Interop.IntAsFloat((uint)Math.Max(end, 0));
        _bounds[2] = Interop.IntAsFloat((uint)lastFirst);
        _bounds[3] = Interop.IntAsFloat((uint)Math.Max(firstEnd, 0));
        return new KeyRange(first, end);
    }

    /// <summary>Computes the scores of a tile of keys, without their scale, and asks for the tile's values on the way.</summary>
    /// <returns>Which keys of the tile any lane attends to.</returns>
    public PanelKeys Score<TElement, TSequences, TMask, TModifier>(
        in AttentionArguments<TElement, TSequences, TMask, TModifier> arguments, PanelRows rows, KeyValueTile<TWidth> tile, ArrayView<float> scores,
        int firstKey, int endKey, bool asksForValues)
        where TElement : unmanaged, IElement<TElement>
        where TSequences : struct, ISequences<TSequences>
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier>
    {
        // What no lane attends to at the tile's ends is left out, at the front in whole blocks.
        int skipped = Math.Max(0, (int)Interop.FloatAsInt(_bounds[0]) - firstKey) / TWidth.BlockRows * TWidth.BlockRows;
        int count = Math.Min(endKey, (int)Interop.FloatAsInt(_bounds[1])) - firstKey - skipped;
        if (count > 0)
            tile.Score(arguments, rows.KeyValueHead, skipped, count, _queries, scores, asksForValues ? endKey - firstKey : 0);
        return new PanelKeys(firstKey, skipped, count);
    }

    /// <summary>Takes a tile of keys with their scores into the states, and asks for <paramref name="nextCount"/> keys of the next one on the way.</summary>
    public void Accumulate<TElement, TSequences, TMask, TModifier>(
        in AttentionArguments<TElement, TSequences, TMask, TModifier> arguments, PanelRows rows, KeyValueTile<TWidth> tile, ArrayView<float> scores,
        PanelKeys keys, bool finite, int nextCount)
        where TElement : unmanaged, IElement<TElement>
        where TSequences : struct, ISequences<TSequences>
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier>
    {
        int first = keys.First;
        int count = keys.Count;
        if (count <= 0)
            return;

        bool bounded = first < Interop.FloatAsInt(_bounds[2]) || first + count > Interop.FloatAsInt(_bounds[3]);
        float scale = arguments.Scale;
        if (!TMask.RangeIsExact || !TModifier.IsIdentity)
        {
            ScoreEach(arguments, rows, scores, first, count);
            scale = 1f;
        }
        else if (bounded)
        {
            Mask(arguments, rows, scores, first, count);
        }

        bool exposed = !finite && (!TMask.RangeIsExact || !TModifier.IsIdentity || bounded);
        if (exposed)
            RememberMasked(rows, scores, count);
        long factors = Factors(scores);
        PanelSoftmax.Update<TWidth>(scores, 0, count, scale, _maxima, 0, _sums, 0, scores, factors);
        if (exposed)
            AddAttended(rows, tile, scores, keys.Skipped, count);
        else
            tile.Accumulate(arguments, rows.KeyValueHead, keys.Skipped, count, scores, factors, _outputs, nextCount);
    }

    /// <summary>Stores what the lanes hold: their outputs if the keys are not split, otherwise their partial states.</summary>
    public void Store<TElement, TSequences, TMask, TModifier>(in AttentionArguments<TElement, TSequences, TMask, TModifier> arguments, PanelRows rows, int split)
        where TElement : unmanaged, IElement<TElement>
        where TSequences : struct, ISequences<TSequences>
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier>
    {
        for (int lane = 0; lane < rows.Count; lane++)
        {
            int query = rows.Query(lane);
            int head = rows.Head(lane);
            var state = new SoftmaxState(_maxima[lane], _sums[lane]);
            if (arguments.States == 1)
            {
                PanelLane.Unpack<TElement, TWidth>(_outputs, lane, state.Normalizer(), arguments.Output,
                    TSequences.OutputOffset(arguments.Sequences, rows.Batch, query) + (head * arguments.OutputHeadStride), _valueDimension);
                arguments.StoreLogSumExp(rows.Batch, head, query, state);
            }
            else
            {
                long offset = StateWorkspace.Offset(
                    arguments, rows.Batch, head, query, TSequences.FirstState(arguments.Sequences, rows.Batch) + split);
                PanelLane.Unpack<StoredFp32, TWidth>(_outputs, lane, 1f, arguments.Workspace.Cast<StoredFp32>(), offset, _valueDimension);
                arguments.Workspace[offset + _valueDimension] = state.Maximum;
                arguments.Workspace[offset + _valueDimension + 1] = state.Sum;
            }
        }
    }

    /// <summary>Masks by the ranges of the lanes, where a range says all.</summary>
    private static void Mask<TElement, TSequences, TMask, TModifier>(
        in AttentionArguments<TElement, TSequences, TMask, TModifier> arguments, PanelRows rows, ArrayView<float> scores, int first, int count)
        where TElement : unmanaged, IElement<TElement>
        where TSequences : struct, ISequences<TSequences>
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier>
    {
        long limits = Limits(scores);
        for (int lane = 0; lane < Panel; lane++)
        {
            int query = rows.Query(Math.Min(lane, rows.Count - 1));
            KeyRange range = arguments.Range(rows.Batch, query, query).Clip(first, first + count);
            scores[limits + lane] = range.First - first;
            scores[limits + Panel + lane] = range.End - first;
        }

        PanelSoftmax.Mask<TWidth>(scores, 0, count, scores, limits, scores, limits + Panel);
    }

    /// <summary>The variant's scalar form, for each score.</summary>
    private static void ScoreEach<TElement, TSequences, TMask, TModifier>(
        in AttentionArguments<TElement, TSequences, TMask, TModifier> arguments, PanelRows rows, ArrayView<float> scores, int first, int count)
        where TElement : unmanaged, IElement<TElement>
        where TSequences : struct, ISequences<TSequences>
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier>
    {
        for (int lane = 0; lane < rows.Count; lane++)
        {
            int query = rows.Query(lane);
            KeyRange range = arguments.Range(rows.Batch, query, query).Clip(first, first + count);
            Position start = TSequences.Position(arguments.Sequences, rows.Batch, rows.Head(lane), query);
            for (int key = 0; key < count; key++)
            {
                int score = (key * Panel) + lane;
                bool inside = first + key >= range.First && first + key < range.End;
                scores[score] = inside ? arguments.Score(scores[score], start, first + key) : float.NegativeInfinity;
            }
        }
    }

    /// <summary>Notes behind the scores which of them are masked: of their weights, which are 0, others may be too.</summary>
    private static void RememberMasked(PanelRows rows, ArrayView<float> scores, int count)
    {
        for (int lane = 0; lane < rows.Count; lane++)
        {
            for (int key = 0; key < count; key++)
                scores[Masked(scores) + (key * Panel) + lane] = scores[(key * Panel) + lane] == float.NegativeInfinity ? 1f : 0f;
        }
    }

    /// <summary>
    /// Adds the weighted values one by one, masked ones not at all: a value that is no finite number must not reach the lanes for which it is
    /// masked, and 0 · NaN would.
    /// </summary>
    private void AddAttended(PanelRows rows, KeyValueTile<TWidth> tile, ArrayView<float> scores, int skipped, int count)
    {
        for (int lane = 0; lane < rows.Count; lane++)
        {
            for (int column = 0; column < _valueDimension; column++)
            {
                int values = (column / TWidth.BlockRows * tile.BlockStride) + (column % TWidth.BlockRows);
                float sum = scores[Factors(scores) + lane] * _outputs[(column * Panel) + lane];
                for (int key = 0; key < count; key++)
                {
                    if (scores[Masked(scores) + (key * Panel) + lane] == 0f)
                        sum = FusedMultiplyAdd.Fma(tile.Values[values + ((skipped + key) * TWidth.BlockRows)], scores[(key * Panel) + lane], sum);
                }

                _outputs[(column * Panel) + lane] = sum;
            }
        }
    }

    // A panel of scores, a row of factors, two of limits, and as many marks as scores.
    private static long Masked(ArrayView<float> scores) => (scores.Length + (3 * Panel)) / 2;

    private static long Factors(ArrayView<float> scores) => (scores.Length - (3 * Panel)) / 2;

    private static long Limits(ArrayView<float> scores) => Factors(scores) + Panel;
}

/// <summary>Which keys of a tile a panel takes.</summary>
internal readonly struct PanelKeys
{
    public PanelKeys(int firstOfTile, int skipped, int count)
    {
        Skipped = skipped;
        First = firstOfTile + skipped;
        Count = count;
    }

    /// <summary>Keys at the tile's start that no lane attends to.</summary>
    public int Skipped { get; }

    /// <summary>The first key.</summary>
    public int First { get; }

    /// <summary>How many; none where this is not positive.</summary>
    public int Count { get; }
}
