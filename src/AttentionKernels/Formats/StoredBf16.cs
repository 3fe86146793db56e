using ILGPU;

namespace AttentionKernels.Formats;

/// <summary>bf16: the upper half of an fp32 number, with all of its exponent and 7 bits of its fraction.</summary>
internal readonly struct StoredBf16(ushort bits) : IElement<StoredBf16>
{
    /// <summary>The leading bit of the fraction: it makes a NaN quiet, and keeps one whose other bits are cut off from becoming infinity.</summary>
    public const uint QuietBit = 0x40;

    private const uint MagnitudeBits = 0x7FFF_FFFF;
    private const uint InfinityBits = 0x7F80_0000;

    /// <summary>The bits.</summary>
    public readonly ushort Bits = bits;

    public static int PerUnit => 1;

    public static bool IsScaled => false;

    public static float Largest => 3.3895314e38f;

    public static float Widen(StoredBf16 unit, int place) => Widen(unit);

    public static StoredBf16 Narrow(float first, float second) => Narrow(first);

    public static float Widen(StoredBf16 stored) => Interop.IntAsFloat((uint)stored.Bits << 16);

    public static StoredBf16 Narrow(float value)
    {
        uint bits = Interop.FloatAsInt(value);
        uint nearest = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16;
        return new StoredBf16((ushort)((bits & MagnitudeBits) > InfinityBits ? (bits >> 16) | QuietBit : nearest));
    }
}
