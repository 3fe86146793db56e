using AttentionKernels.Intrinsics;
using AttentionKernels.Memory;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

/// <summary>
/// A tile of keys and values of one kv head in scratch memory: keys one after the other, values in blocks of columns, as
/// <see cref="PanelProduct"/> reads them.
/// </summary>
internal readonly struct KeyValueTile<TWidth>
    where TWidth : struct, IVectorWidth
{
    private readonly ArrayView<float> _keys;
    private readonly ArrayView<float> _values;
    private readonly int _dimension;

    /// <summary>Lays the tile into scratch memory of <see cref="Length"/> elements.</summary>
    public KeyValueTile(ArrayView<float> scratch, int capacity, int dimension)
    {
        int padded = Padded(dimension);
        _keys = scratch.SubView(0, capacity * padded);
        _values = scratch.SubView(capacity * padded, capacity * padded);
        _dimension = dimension;
        BlockStride = capacity * TWidth.BlockRows;
    }

    /// <summary>Elements from a block of the values' columns to the next.</summary>
    public int BlockStride { get; }

    /// <summary>The keys, each <see cref="Padded"/> elements from the next.</summary>
    public ArrayView<float> Keys => _keys;

    /// <summary>The values in blocks of columns.</summary>
    public ArrayView<float> Values => _values;

    /// <summary>The head dimension, rounded up to whole blocks.</summary>
    public static int Padded(int dimension) => (dimension + TWidth.BlockRows - 1) / TWidth.BlockRows * TWidth.BlockRows;

    /// <summary>Elements of scratch memory for <paramref name="capacity"/> keys, a multiple of 8.</summary>
    public static int Length(int capacity, int dimension) => 2 * capacity * Padded(dimension);

    /// <summary>Brings the keys and values of a range of tokens into the tile, run by run.</summary>
    /// <returns>Whether every value is finite.</returns>
    public bool Gather<TElement, TSequences, TMask, TModifier>(
        in AttentionArguments<TElement, TSequences, TMask, TModifier> arguments, int batch, int keyValueHead, int firstKey, int endKey)
        where TElement : unmanaged, IElement<TElement>
        where TSequences : struct, ISequences<TSequences>
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier>
    {
        int padded = Padded(_dimension);
        float products = 0f;
        for (int key = firstKey; key < endKey;)
        {
            int run = Math.Min(TSequences.RunLength(arguments.Sequences, key), endKey - key);
            int row = key - firstKey;
            TileGather.Rows(
                arguments.Key, TSequences.KeyOffset(arguments.Sequences, batch, key) + (keyValueHead * arguments.KeyHeadStride),
                TSequences.KeyStride(arguments.Sequences), _keys, row * padded, padded, run, _dimension);
            products += TileGather.Blocks<TElement, TWidth>(
                arguments.Value, TSequences.ValueOffset(arguments.Sequences, batch, key) + (keyValueHead * arguments.ValueHeadStride),
                TSequences.ValueStride(arguments.Sequences), _values, row * TWidth.BlockRows, BlockStride, run, _dimension);
            key += run;
        }

        return products == 0f;
    }
}
