using AttentionKernels.Attention.Layouts;
using AttentionKernels.Formats;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

/// <summary>
/// A tile of keys and values of one kv head in scratch memory: keys one after the other, values in blocks of columns, as
/// <see cref="PackedGemm"/> reads them.
/// </summary>
internal readonly struct KeyValueTile<TWidth>
    where TWidth : struct, IVectorWidth
{
    private readonly ArrayView<float> _keys;
    private readonly ArrayView<float> _values;
    private readonly ArrayView<float> _scales;
    private readonly RowOffsetTable _offsets;
    private readonly int _capacity;

    /// <summary>Lays the tile at the start of scratch memory, of which it takes <see cref="Length"/> elements.</summary>
    public KeyValueTile(ArrayView<float> scratch, int capacity, int keyDimension, int valueDimension)
    {
        int keys = capacity * Padded(keyDimension);
        _capacity = capacity;
        _offsets = new RowOffsetTable(scratch);
        _scales = scratch.SubView(RowOffsetTable.Length, capacity);
        _keys = scratch.SubView(RowOffsetTable.Length + capacity, keys);
        _values = scratch.SubView(RowOffsetTable.Length + capacity + keys, capacity * Padded(valueDimension));
        BlockStride = capacity * TWidth.BlockRows;
    }

    /// <summary>Elements from a block of the values' columns to the next.</summary>
    public int BlockStride { get; }

    /// <summary>The values in blocks of columns.</summary>
    public ArrayView<float> Values => _values;

    /// <summary>A dimension, rounded up to whole blocks.</summary>
    public static int Padded(int dimension) => (dimension + TWidth.BlockRows - 1) / TWidth.BlockRows * TWidth.BlockRows;

    /// <summary>Elements of scratch memory for <paramref name="capacity"/> keys, a multiple of 8 and at most a tile of <see cref="RowOffsetTable"/>.</summary>
    public static int Length(int capacity, int keyDimension, int valueDimension) =>
        RowOffsetTable.Length + (capacity * (1 + Padded(keyDimension) + Padded(valueDimension)));

    /// <summary>Brings the keys of a range of tokens into the tile.</summary>
    /// <param name="arguments">The arguments.</param>
    /// <param name="batch">The sequence.</param>
    /// <param name="keyValueHead">The kv head.</param>
    /// <param name="firstKey">The first token.</param>
    /// <param name="endKey">One past the last token.</param>
    /// <param name="end">One past the last token of all tiles, the next of which can be asked for.</param>
    public void GatherKeys<TElement, TSequences, TMask, TModifier>(
        in AttentionArguments<TElement, TSequences, TMask, TModifier> arguments, int batch, int keyValueHead, int firstKey, int endKey, int end)
        where TElement : unmanaged, IElement<TElement>
        where TSequences : struct, ISequences<TSequences>
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier>
    {
        int count = endKey - firstKey;
        int padded = Padded(arguments.HeadDimension);
        TSequences.Locate(arguments.Sequences, batch, firstKey, Math.Min(end - firstKey, 2 * _capacity), _offsets);
        TSequences.GatherKeys(arguments.Sequences, _offsets, keyValueHead, _keys, padded, count, arguments.HeadDimension);
        if (!TSequences.KeysAreScaled)
            return;
        TSequences.GatherKeyScales(arguments.Sequences, _offsets, keyValueHead, _scales, count, 1, count);
        for (int token = 0; token < count; token++)
            VectorRow.Scale(_keys, token * padded, _scales[token], _keys, token * padded, arguments.HeadDimension);
    }

    /// <summary>Brings the values of the tokens into the tile whose keys are there.</summary>
    /// <returns>Whether every value is finite.</returns>
    public bool GatherValues<TElement, TSequences, TMask, TModifier>(in AttentionArguments<TElement, TSequences, TMask, TModifier> arguments, int keyValueHead, int count)
        where TElement : unmanaged, IElement<TElement>
        where TSequences : struct, ISequences<TSequences>
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier>
    {
        float products = TSequences.GatherValues<TWidth>(arguments.Sequences, _offsets, keyValueHead, _values, BlockStride, count, arguments.ValueDimension);
        if (TSequences.ValuesAreScaled)
        {
            TSequences.GatherValueScales(arguments.Sequences, _offsets, keyValueHead, _scales, count, 1, count);
            for (int token = 0; token < count; token++)
            {
                float scale = _scales[token];
                products += 0f * scale;
                for (int block = token * TWidth.BlockRows; block < _values.Length; block += BlockStride)
                    VectorRow.Scale(_values, block, scale, _values, block, TWidth.BlockRows);
            }
        }

        return products == 0f;
    }

    /// <summary>The products of a panel of queries with keys of the tile, on the way of which values of its tokens are asked for.</summary>
    /// <remarks>Rows lie far apart, often each in a memory page of its own, and a gather would wait for every one of them.</remarks>
    /// <param name="arguments">The arguments.</param>
    /// <param name="keyValueHead">The kv head.</param>
    /// <param name="first">The first key, from the tile's first.</param>
    /// <param name="count">How many keys.</param>
    /// <param name="queries">The panel.</param>
    /// <param name="scores">The products [key][lane].</param>
    /// <param name="ahead">Tokens whose values are asked for, from the tile's first.</param>
    public void Score<TElement, TSequences, TMask, TModifier>(
        in AttentionArguments<TElement, TSequences, TMask, TModifier> arguments, int keyValueHead, int first, int count, ArrayView<float> queries, ArrayView<float> scores, int ahead)
        where TElement : unmanaged, IElement<TElement>
        where TSequences : struct, ISequences<TSequences>
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier>
    {
        int padded = Padded(arguments.HeadDimension);
        TSequences.PanelScores<TWidth>(
            arguments.Sequences, _keys, first * padded, queries, scores, count, arguments.HeadDimension, padded, _offsets, keyValueHead, ahead, arguments.ValueDimension);
    }

    /// <summary>Adds weighted values of the tile to a panel's outputs, and asks for keys of the next tile on the way.</summary>
    /// <inheritdoc cref="Score" path="/remarks"/>
    /// <param name="arguments">The arguments.</param>
    /// <param name="keyValueHead">The kv head.</param>
    /// <param name="first">The first token, from the tile's first.</param>
    /// <param name="count">How many tokens.</param>
    /// <param name="weights">The weights [token][lane].</param>
    /// <param name="factors">Where among them the factors of what the outputs hold begin.</param>
    /// <param name="outputs">The panel's outputs [column][lane].</param>
    /// <param name="ahead">Tokens of the next tile whose keys are asked for.</param>
    public void Accumulate<TElement, TSequences, TMask, TModifier>(
        in AttentionArguments<TElement, TSequences, TMask, TModifier> arguments, int keyValueHead, int first, int count, ArrayView<float> weights, long factors,
        ArrayView<float> outputs, int ahead)
        where TElement : unmanaged, IElement<TElement>
        where TSequences : struct, ISequences<TSequences>
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier> =>
        TSequences.PanelOutputs<TWidth>(
            arguments.Sequences, _values, first * TWidth.BlockRows, BlockStride, weights, weights, factors, outputs, Padded(arguments.ValueDimension) / TWidth.BlockRows, count,
            _offsets, keyValueHead, _capacity, ahead, arguments.HeadDimension);
}
