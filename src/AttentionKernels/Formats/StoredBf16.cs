using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using AttentionKernels.Simd;
using ILGPU;

namespace AttentionKernels.Formats;

/// <summary>bf16: the upper half of an fp32 number, with all of its exponent and 7 bits of its fraction.</summary>
internal readonly struct StoredBf16(ushort bits) : IElement<StoredBf16>
{
    // The leading bit of the fraction: it makes a NaN quiet, and keeps one whose other bits are cut off from becoming infinity.
    private const uint QuietBit = 0x40;

    private const uint MagnitudeBits = 0x7FFF_FFFF;
    private const uint InfinityBits = 0x7F80_0000;

    /// <summary>The bits.</summary>
    public readonly ushort Bits = bits;

    public static string OpenClTarget => "ushort";

    public static float Largest => 3.3895314e38f;

    public static int HalfTerms => 1;

    public static int BFloat16Terms => 1;

    public static int PerWord => 2;

    public static float Widen(uint word, int place) => Interop.IntAsFloat(place == 0 ? word << 16 : word & 0xFFFF_0000);

    public static float Widen(StoredBf16 stored) => Interop.IntAsFloat((uint)stored.Bits << 16);

    public static StoredBf16 Narrow(float value)
    {
        uint bits = Interop.FloatAsInt(value);
        uint nearest = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16;
        return new StoredBf16((ushort)((bits & MagnitudeBits) > InfinityBits ? (bits >> 16) | QuietBit : nearest));
    }

    [MethodImpl(InnerLoop.Compilation)]
    public static void Narrow(ReadOnlySpan<float> source, Span<StoredBf16> target)
    {
        Span<ushort> stored = MemoryMarshal.Cast<StoredBf16, ushort>(target);
        int index = 0;
        for (; index <= source.Length - Vector<ushort>.Count; index += Vector<ushort>.Count)
        {
            Vector<uint> low = Nearest(new Vector<float>(source[index..]));
            Vector<uint> high = Nearest(new Vector<float>(source[(index + Vector<float>.Count)..]));
            Vector.Narrow(low, high).CopyTo(stored[index..]);
        }

        for (; index < source.Length; index++)
            target[index] = Narrow(source[index]);

        static Vector<uint> Nearest(Vector<float> numbers)
        {
            Vector<uint> bits = Vector.AsVectorUInt32(numbers);
            Vector<uint> nearest = (bits + new Vector<uint>(0x7FFF) + ((bits >> 16) & Vector<uint>.One)) >> 16;
            return Vector.ConditionalSelect(
                Vector.AsVectorUInt32(Vector.Equals(numbers, numbers)), nearest, (bits >> 16) | new Vector<uint>(QuietBit));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TVector IFormat<StoredBf16>.Widen<TVector>(ref StoredBf16 row, nint first) =>
        TVector.ShiftLeft(TVector.LoadShorts(ref Unsafe.As<StoredBf16, short>(ref row), first), 16);

    public static string OpenClLoad(int lanes, string pointer, string first) =>
        $"as_float{lanes}(convert_uint{lanes}(vload{lanes}(0, {pointer} + ({first}))) << 16)";

    public static string OpenClLoad(string pointer, string number) => $"as_float((uint)({pointer})[{number}] << 16)";

    public static string OpenClStore(string value, string index, string pointer) =>
        $"{{ const uint bits = as_uint({value}); ({pointer})[{index}] = (bits & 0x7FFFFFFFu) > 0x7F800000u"
        + " ? (bits >> 16) | 0x40u : (bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16; }";

    public static string OpenClStore(int lanes, string vector, string pointer) =>
        $"{{ const uint{lanes} bits = as_uint{lanes}({vector}); "
        + $"const uint{lanes} nearest = bits + 0x7FFFu + ((bits >> 16) & 1u), quiet = bits | 0x400000u; "
        + $"vstore{lanes}(convert_ushort{lanes}(select(nearest, quiet, isnan({vector})) >> 16), 0, {pointer}); }}";
}
