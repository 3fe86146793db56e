using System.Runtime.InteropServices;
using AttentionKernels.Formats;

namespace AttentionKernels.Tests.KeyValueCache;

/// <summary>What the pages of a cache hold, number by number: stored number times scale.</summary>
internal static class StoredPages
{
    /// <summary>The format of this name, which attributes can hold.</summary>
    public static NumberFormat Format(string name) => NumberFormat.All.Single(format => format.ToString() == name);

    /// <summary>For each slot its keys [kv heads, headDim].</summary>
    public static float[][] Keys(PagedKeyValueCache cache, int layer = 0) =>
        Read(cache, cache.Options.KeyFormat, Bytes(cache.Options.KeyFormat, cache, layer, areValues: false), cache.KeyScales(layer));

    /// <summary>For each slot its values [kv heads, headDim].</summary>
    public static float[][] Values(PagedKeyValueCache cache, int layer = 0) =>
        Read(cache, cache.Options.ValueFormat, Bytes(cache.Options.ValueFormat, cache, layer, areValues: true), cache.ValueScales(layer));

    /// <summary>For each slot the scales of its values [kv heads]; <see langword="null"/> where the format has none.</summary>
    public static float[][]? ValueScales(PagedKeyValueCache cache)
    {
        float[] scales = cache.ValueScales().ToArray();
        return scales.Length == 0
            ? null
            : [.. Enumerable.Range(0, (int)cache.Slots).Select(
                slot => Enumerable.Range(0, cache.Options.KeyValueHeads).Select(head => scales[ScaleRow(cache.Options, slot, head)]).ToArray())];
    }

    /// <summary>Where the scale of a head of a slot is among a layer's.</summary>
    public static int ScaleRow(CacheOptions sizes, int slot, int head) => sizes.Scales switch
    {
        PageScales.TokenAndHead =>
            (((slot / sizes.PageSize * sizes.KeyValueHeads) + head) * sizes.PageSize) + (slot % sizes.PageSize),
        PageScales.Head => head,
        _ => 0,
    };

    /// <summary>The bytes of all keys of the first layer.</summary>
    public static byte[] KeyBytes(PagedKeyValueCache cache) => Bytes(cache.Options.KeyFormat, cache, 0, areValues: false);

    /// <summary>The bytes of all values of the first layer.</summary>
    public static byte[] ValueBytes(PagedKeyValueCache cache) => Bytes(cache.Options.ValueFormat, cache, 0, areValues: true);

    /// <summary>Fills every bit of a cache, of numbers that have a NaN with NaN, and the scales of pages with NaN.</summary>
    public static void Poison(PagedKeyValueCache cache)
    {
        for (int layer = 0; layer < cache.Options.Layers; layer++)
        {
            Poison(cache, layer, cache.Options.KeyFormat, areValues: false);
            Poison(cache, layer, cache.Options.ValueFormat, areValues: true);
            if (cache.Options.Scales != PageScales.TokenAndHead)
                continue;
            cache.KeyScales(layer).CopyFrom(Enumerable.Repeat(float.NaN, (int)cache.KeyScales(layer).ElementCount).ToArray());
            cache.ValueScales(layer).CopyFrom(Enumerable.Repeat(float.NaN, (int)cache.ValueScales(layer).ElementCount).ToArray());
        }
    }

    private static void Poison(PagedKeyValueCache cache, int layer, NumberFormat format, bool areValues)
    {
        switch (format.ToString())
        {
            case nameof(NumberFormat.Float32):
                Fill(cache, layer, areValues, float.NaN);
                break;
            case nameof(NumberFormat.Float16):
                Fill(cache, layer, areValues, Half.NaN);
                break;
            case nameof(NumberFormat.BFloat16):
                Fill(cache, layer, areValues, (BFloat16)float.NaN);
                break;
            case nameof(NumberFormat.Int8):
                Fill<sbyte>(cache, layer, areValues, 127);
                break;
            default:
                Fill<byte>(cache, layer, areValues, 0x7F);
                break;
        }
    }

    private static void Fill<T>(PagedKeyValueCache cache, int layer, bool areValues, T poison)
        where T : unmanaged
    {
        TensorView<T> units = areValues ? cache.Values<T>(layer) : cache.Keys<T>(layer);
        units.CopyFrom(Enumerable.Repeat(poison, (int)units.ElementCount).ToArray());
    }

    private static byte[] Bytes(NumberFormat format, PagedKeyValueCache cache, int layer, bool areValues) => format.ToString() switch
    {
        nameof(NumberFormat.Float32) => Bytes<float>(cache, layer, areValues),
        nameof(NumberFormat.Float16) => Bytes<Half>(cache, layer, areValues),
        nameof(NumberFormat.BFloat16) => Bytes<BFloat16>(cache, layer, areValues),
        nameof(NumberFormat.Int8) => Bytes<sbyte>(cache, layer, areValues),
        _ => Bytes<byte>(cache, layer, areValues),
    };

    private static byte[] Bytes<T>(PagedKeyValueCache cache, int layer, bool areValues)
        where T : unmanaged => MemoryMarshal.AsBytes<T>((areValues ? cache.Values<T>(layer) : cache.Keys<T>(layer)).ToArray()).ToArray();

    private static float[][] Read(PagedKeyValueCache cache, NumberFormat format, byte[] bytes, TensorView<float> scales) => format.ToString() switch
    {
        nameof(NumberFormat.Float32) => Read<StoredFp32>(cache, bytes, scales),
        nameof(NumberFormat.Float16) => Read<StoredFp16>(cache, bytes, scales),
        nameof(NumberFormat.BFloat16) => Read<StoredBf16>(cache, bytes, scales),
        nameof(NumberFormat.Float8E4M3) => Read<StoredFp8E4M3>(cache, bytes, scales),
        nameof(NumberFormat.Float8E5M2) => Read<StoredFp8E5M2>(cache, bytes, scales),
        nameof(NumberFormat.Int8) => Read<StoredInt8>(cache, bytes, scales),
        _ => Read<StoredInt4>(cache, bytes, scales),
    };

    private static float[][] Read<TFormat>(PagedKeyValueCache cache, byte[] bytes, TensorView<float> scales)
        where TFormat : unmanaged, IFormat<TFormat>
    {
        CacheOptions sizes = cache.Options;
        TFormat[] units = MemoryMarshal.Cast<byte, TFormat>(bytes).ToArray();
        float[] hostScales = scales.ToArray();
        int unitsPerHead = (sizes.HeadDimension + TFormat.PerUnit - 1) / TFormat.PerUnit;
        var slots = new float[cache.Slots][];
        for (int slot = 0; slot < slots.Length; slot++)
        {
            (int page, int place) = Math.DivRem(slot, sizes.PageSize);
            slots[slot] = new float[sizes.KeyValueHeads * sizes.HeadDimension];
            for (int index = 0; index < slots[slot].Length; index++)
            {
                (int head, int element) = Math.DivRem(index, sizes.HeadDimension);
                int row = sizes.Layout == PageLayout.TokensFirst
                    ? (((page * sizes.PageSize) + place) * sizes.KeyValueHeads) + head
                    : (((page * sizes.KeyValueHeads) + head) * sizes.PageSize) + place;
                float number = TFormat.Widen(units[(row * unitsPerHead) + (element / TFormat.PerUnit)], element % TFormat.PerUnit);
                slots[slot][index] = TFormat.IsScaled ? number * hostScales[ScaleRow(sizes, slot, head)] : number;
            }
        }

        return slots;
    }
}
