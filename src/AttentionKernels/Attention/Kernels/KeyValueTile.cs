using AttentionKernels.Attention.Layouts;
using AttentionKernels.Attention.Work;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

internal static partial class AttentionModule<TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector>
{
    /// <summary>
    /// A tile of keys and values of one kv head in scratch memory: keys one after the other, values in blocks of columns, as
    /// <see cref="PackedGemm{TVector, TFormat}"/> reads them.
    /// </summary>
    internal readonly struct KeyValueTile
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
            BlockStride = capacity * TVector.BlockRows;
        }

        /// <summary>Elements from a block of the values' columns to the next.</summary>
        public int BlockStride { get; }

        /// <summary>The values in blocks of columns.</summary>
        public ArrayView<float> Values => _values;

        /// <summary>A dimension, rounded up to whole blocks.</summary>
        public static int Padded(int dimension) => (dimension + TVector.BlockRows - 1) / TVector.BlockRows * TVector.BlockRows;

        /// <summary>Elements of scratch memory for <paramref name="capacity"/> keys, a multiple of 8 and at most a tile of
        /// <see cref="RowOffsetTable"/>.</summary>
        public static int Length(int capacity, int keyDimension, int valueDimension) =>
            RowOffsetTable.Length + (capacity * (1 + Padded(keyDimension) + Padded(valueDimension)));

        /// <summary>Gathers (and dequantises) the keys of a range of tokens into the tile.</summary>
        /// <param name="arguments">The arguments.</param>
        /// <param name="item">The item of work.</param>
        /// <param name="keyValueHead">The kv head.</param>
        /// <param name="firstKey">The first token, from the item's first.</param>
        /// <param name="endKey">One past the last token.</param>
        /// <param name="end">One past the last token of all tiles, the next of which is prefetched.</param>
        public void GatherKeys(in Arguments arguments, WorkItem item, int keyValueHead, int firstKey, int endKey, int end)
        {
            int count = endKey - firstKey;
            int padded = Padded(arguments.HeadDimension);
            Locate(arguments, item, firstKey, Math.Min(end - firstKey, 2 * _capacity), _offsets);
            TileGather<TKey>.Rows(
                arguments.Keys.Rows(_offsets.Keys, keyValueHead, count, arguments.HeadDimension), new TileView(_keys, padded));
            if (!TKey.IsScaled)
                return;
            arguments.Keys.GatherScales(_offsets.KeyScales, keyValueHead, new TileView(_scales, count), count, 1);
            for (int token = 0; token < count; token++)
            {
                ArrayView<float> key = _keys.SubView(token * padded);
                VectorRow.Scale(key, _scales[token], key, arguments.HeadDimension);
            }
        }

        /// <summary>Gathers (and dequantises) the values of the tokens whose keys are in the tile, in blocks of columns.</summary>
        /// <returns>Whether every value is finite.</returns>
        public bool GatherValues(in Arguments arguments, int keyValueHead, int count)
        {
            float products = TileGather<TValue>.BlockGather<TVector>.Gather(
                arguments.Values.Rows(_offsets.Values, keyValueHead, count, arguments.ValueDimension), new TileView(_values, BlockStride));
            if (TValue.IsScaled)
            {
                arguments.Values.GatherScales(_offsets.ValueScales, keyValueHead, new TileView(_scales, count), count, 1);
                for (int token = 0; token < count; token++)
                {
                    float scale = _scales[token];
                    products += 0f * scale;
                    for (int block = token * TVector.BlockRows; block < _values.Length; block += BlockStride)
                        VectorRow.Scale(_values.SubView(block), scale, _values.SubView(block), TVector.BlockRows);
                }
            }

            return products == 0f;
        }

        /// <summary>The products of a panel of queries with keys of the tile; the tile's values are prefetched on the way.</summary>
        /// <remarks>
        /// Rows lie far apart, often each in a memory page of its own, and a gather would stall on every one of them; the GEMM is
        /// compute-bound, so it issues their prefetches.
        /// </remarks>
        /// <param name="arguments">The arguments.</param>
        /// <param name="keyValueHead">The kv head.</param>
        /// <param name="keys">Which keys of the tile.</param>
        /// <param name="queries">The panel.</param>
        /// <param name="scores">The products [key][lane].</param>
        /// <param name="prefetched">How many tokens' values are prefetched, from the tile's first.</param>
        public void Score(
            in Arguments arguments, int keyValueHead, PanelKeys keys, ArrayView<float> queries, ArrayView<float> scores, int prefetched)
        {
            int padded = Padded(arguments.HeadDimension);
            PackedGemm<TVector, TValue>.Scores(
                new TileView(_keys, padded).From(keys.Skipped * padded), queries, scores, keys.Count, arguments.HeadDimension,
                arguments.Values.Rows(_offsets.Values, keyValueHead, prefetched, arguments.ValueDimension));
        }

        /// <summary>Accumulates weighted values of the tile into a panel's outputs; keys of the next tile are prefetched on the
        /// way.</summary>
        /// <param name="arguments">The arguments.</param>
        /// <param name="keyValueHead">The kv head.</param>
        /// <param name="keys">Which tokens of the tile.</param>
        /// <param name="weights">The weights, and the factors of what the outputs hold.</param>
        /// <param name="outputs">The panel's outputs [column][lane].</param>
        /// <param name="prefetched">How many tokens' keys of the next tile are prefetched.</param>
        public void Accumulate(
            in Arguments arguments, int keyValueHead, PanelKeys keys, PanelScores weights, ArrayView<float> outputs, int prefetched) =>
            PackedGemm<TVector, TKey>.Outputs(
                new TileView(_values, BlockStride).From(keys.Skipped * TVector.BlockRows), weights.Scores, weights.Factors, outputs,
                Padded(arguments.ValueDimension) / TVector.BlockRows, keys.Count,
                arguments.Keys.Rows(_offsets.Keys.SubView(_capacity), keyValueHead, prefetched, arguments.HeadDimension));
    }
}
