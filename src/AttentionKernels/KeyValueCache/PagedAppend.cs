using AttentionKernels.Attention.Layouts;
using AttentionKernels.Formats;
using AttentionKernels.KeyValueCache.Kernels;
using AttentionKernels.Positions.Kernels;
using ILGPU.Runtime;

namespace AttentionKernels.KeyValueCache;

/// <summary>Stores new tokens in a cache, in the ways that it stores keys and values; all is checked before.</summary>
internal readonly struct PagedAppend<T, TElement>(
    PagedKeyValueCache cache, TensorView<T> key, TensorView<T> value, TensorView<long> slots, int layer, KeyRotation? rotation, AcceleratorStream stream)
    : IFormatPairAction
    where T : unmanaged
    where TElement : unmanaged, IElement<TElement>
{
    // What a GPU's thread takes: whole units of all ways of storing.
    private const int GpuNumbers = 2;

    public void Invoke<TKeyUnit, TKey, TValueUnit, TValue>()
        where TKeyUnit : unmanaged
        where TKey : unmanaged, IWritableFormat<TKey>
        where TValueUnit : unmanaged
        where TValue : unmanaged, IWritableFormat<TValue>
    {
        KeyValueBuffer<TKey> keys = cache.KeyMemory.Tokens(layer).Of<TKey>();
        KeyValueBuffer<TValue> values = cache.ValueMemory.Tokens(layer).Of<TValue>();
        bool findsScales = (TKey.IsScaled || TValue.IsScaled) && cache.Options.Scales == PageScales.TokenAndHead;
        int dimension = cache.Options.HeadDimension;
        var arguments = new AppendArguments<TElement, TKey, TValue>
        {
            Key = key.Data.Cast<TElement>(),
            Value = value.Data.Cast<TElement>(),
            Slots = slots.Data,
            KeyPages = keys,
            ValuePages = values,
            KeyTokenStride = key.Strides[0],
            KeyHeadStride = key.Strides[1],
            ValueTokenStride = value.Strides[0],
            ValueHeadStride = value.Strides[1],
            SlotStride = slots.Strides[0],
            SlotCount = cache.Slots,
            PageSize = cache.Options.PageSize,
            Heads = cache.Options.KeyValueHeads,
            HeadDimension = dimension,
            FindsScales = findsScales ? 1 : 0,
            StoresValues = cache.IsLatent ? 0 : 1,
            NumbersPerTile = cache.Device.IsGpu && !findsScales ? GpuNumbers : dimension,
        };
        if (rotation is { } turned)
        {
            arguments.Positions = turned.Positions.Data;
            arguments.PositionStride = turned.Positions.Strides[0];
            arguments.Cosine = turned.Table.Cosine.View.Data;
            arguments.Sine = turned.Table.Sine.View.Data;
            arguments.RotaryDimension = turned.Table.RotaryDimension;
            arguments.RotaryStart = cache.IsLatent ? dimension - turned.Table.RotaryDimension : 0;
            arguments.TablePositions = turned.Table.Positions;
        }
        else
        {
            // Drivers want real memory, though it is not read.
            arguments.Positions = slots.Data.SubView(0, 0).Cast<int>();
            arguments.Cosine = keys.Scales.SubView(0, 0);
            arguments.Sine = keys.Scales.SubView(0, 0);
        }

        long tiles = slots.Shape[0] * cache.Options.KeyValueHeads * ((dimension + arguments.NumbersPerTile - 1) / arguments.NumbersPerTile);
        if (rotation is { Style: RotaryStyle.Interleaved })
            Run<TKey, TValue, InterleavedPairs>(arguments, tiles);
        else
            Run<TKey, TValue, HalfSplitPairs>(arguments, tiles);
    }

    private void Run<TKey, TValue, TPairs>(AppendArguments<TElement, TKey, TValue> arguments, long tiles)
        where TKey : unmanaged, IWritableFormat<TKey>
        where TValue : unmanaged, IWritableFormat<TValue>
        where TPairs : struct, IRotaryPairs =>
        cache.Device.LoadTileKernel<AppendToPages<TElement, TKey, TValue, TPairs>, AppendArguments<TElement, TKey, TValue>>().Run(stream, arguments, tiles);
}
