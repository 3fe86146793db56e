using System.Numerics;
using System.Runtime.CompilerServices;
using AttentionKernels.CodeGeneration;
using AttentionKernels.Simd;
using ILGPU;

namespace AttentionKernels.Formats;

/// <summary>Numbers of 8 bits from fp32 and back: sign, exponent, and a fraction of two or three bits.</summary>
internal static class Fp8
{
    private const int Fp32FractionBits = 23;
    private const int Fp32Bias = 127;
    private const uint SignBit = 0x80;
    private const uint MagnitudeBits = 0x7F;
    private const uint Fp32Magnitude = 0x7FFF_FFFF;
    private const uint Fp32Infinity = 0x7F80_0000;
    private const uint QuietNaN = 0x7FC0_0000;

    /// <summary>The number of these bits.</summary>
    /// <param name="bits">The bits.</param>
    /// <param name="fractionBits">Bits of the fraction.</param>
    /// <param name="bias">The exponent's bias.</param>
    /// <param name="special">From here on bits without a sign are no finite number.</param>
    /// <param name="hasInfinity">Whether the first of them is infinity; the others are NaN.</param>
    public static float Widen(byte bits, int fractionBits, int bias, uint special, bool hasInfinity)
    {
        uint magnitude = bits & MagnitudeBits;

        // Without an exponent the fraction counts the smallest number; that product is no subnormal fp32 number, which devices may flush.
        float finite = magnitude >> fractionBits == 0
            ? magnitude * Interop.IntAsFloat((uint)(Fp32Bias + 1 - bias - fractionBits) << Fp32FractionBits)
            : Interop.IntAsFloat((magnitude << (Fp32FractionBits - fractionBits)) + ((uint)(Fp32Bias - bias) << Fp32FractionBits));
        uint sign = (bits & SignBit) << 24;
        uint beyond = hasInfinity && magnitude == special ? Fp32Infinity : QuietNaN;
        return Interop.IntAsFloat((magnitude >= special ? beyond : Interop.FloatAsInt(finite)) | sign);
    }

    /// <summary>The bits of the nearest number, of two the even one.</summary>
    /// <param name="value">The value.</param>
    /// <param name="fractionBits">Bits of the fraction.</param>
    /// <param name="bias">The exponent's bias.</param>
    /// <param name="largest">The bits of the largest finite number, which stands for all that round to more.</param>
    /// <param name="infinity">The bits of infinity, or of NaN where there is none.</param>
    /// <param name="nan">The bits of NaN.</param>
    public static byte Narrow(float value, int fractionBits, int bias, uint largest, uint infinity, uint nan)
    {
        uint bits = Interop.FloatAsInt(value);
        uint magnitude = bits & Fp32Magnitude;
        int shift = Fp32FractionBits - fractionBits;
        uint rounded = ((magnitude + (1u << (shift - 1)) - 1 + ((magnitude >> shift) & 1)) >> shift)
            - ((uint)(Fp32Bias - bias) << fractionBits);

        // Below the smallest number with an exponent, numbers are multiples of the smallest one.
        float smallestInverse = Interop.IntAsFloat((uint)(Fp32Bias - 1 + bias + fractionBits) << Fp32FractionBits);
        bool isSmall = magnitude < (uint)(Fp32Bias + 1 - bias) << Fp32FractionBits;
        float multiple = Interop.IntAsFloat(isSmall ? magnitude : 0) * smallestInverse;
        uint nearest = isSmall ? (uint)WholeNumber.Nearest(multiple, SignBit) : rounded;
        uint finite = nearest > largest ? largest : nearest;
        uint stored = magnitude > Fp32Infinity ? nan : magnitude == Fp32Infinity ? infinity : finite;
        return (byte)(stored | ((bits >> 24) & SignBit));
    }

    /// <summary>As the other form, of many numbers on the managed CPU.</summary>
    [MethodImpl(InnerLoop.Compilation)]
    public static void Narrow(
        ReadOnlySpan<float> source, Span<byte> target, int fractionBits, int bias, uint largest, uint infinity, uint nan)
    {
        int index = 0;
        for (; index <= source.Length - Vector<byte>.Count; index += Vector<byte>.Count)
        {
            ReadOnlySpan<float> part = source[index..];
            Vector.Narrow(Vector.Narrow(Bits(part, 0), Bits(part, 1)), Vector.Narrow(Bits(part, 2), Bits(part, 3))).CopyTo(target[index..]);
        }

        for (; index < source.Length; index++)
            target[index] = Narrow(source[index], fractionBits, bias, largest, infinity, nan);

        Vector<uint> Bits(ReadOnlySpan<float> part, int vector) =>
            Narrow(new Vector<float>(part[(vector * Vector<float>.Count)..]), fractionBits, bias, largest, infinity, nan);
    }

    /// <summary>The same as OpenCL C: statements that declare the bits "stored", an uint, or a vector of so many, of the number
    /// "number".</summary>
    public static string OpenClNarrow(string lanes, int fractionBits, int bias, uint largest, uint infinity, uint nan)
    {
        int shift = Fp32FractionBits - fractionBits;
        float smallestInverse = BitConverter.UInt32BitsToSingle((uint)(Fp32Bias - 1 + bias + fractionBits) << Fp32FractionBits);
        return $$"""
            const uint{{lanes}} bits = as_uint{{lanes}}(number), magnitude = bits & {{Fp32Magnitude}}u;
            const uint{{lanes}} rounded = ((magnitude + {{(1u << (shift - 1)) - 1}}u + ((magnitude >> {{shift}}) & 1u)) >> {{shift}})
                - {{(uint)(Fp32Bias - bias) << fractionBits}}u;
            const float{{lanes}} multiple = as_float{{lanes}}(magnitude) * {{OpenClText.Literal(smallestInverse)}};
            const uint{{lanes}} nearest = select(
                rounded, as_uint{{lanes}}({{WholeNumber.OpenClNearest(lanes, "multiple", SignBit)}}),
                magnitude < {{(uint)(Fp32Bias + 1 - bias) << Fp32FractionBits}}u);
            const uint{{lanes}} finite = min(nearest, (uint{{lanes}}){{largest}}u);
            const uint{{lanes}} orInfinity = select(finite, (uint{{lanes}}){{infinity}}u, magnitude == {{Fp32Infinity}}u);
            const uint{{lanes}} orNaN = select(orInfinity, (uint{{lanes}}){{nan}}u, magnitude > {{Fp32Infinity}}u);
            const uint{{lanes}} stored = orNaN | ((bits >> 24) & {{SignBit}}u);

            """;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<uint> Narrow(Vector<float> numbers, int fractionBits, int bias, uint largest, uint infinity, uint nan)
    {
        Vector<uint> bits = Vector.AsVectorUInt32(numbers);
        Vector<uint> magnitude = bits & new Vector<uint>(Fp32Magnitude);
        int shift = Fp32FractionBits - fractionBits;
        Vector<uint> rounded =
            ((magnitude + new Vector<uint>((1u << (shift - 1)) - 1) + ((magnitude >> shift) & Vector<uint>.One)) >> shift)
            - new Vector<uint>((uint)(Fp32Bias - bias) << fractionBits);
        float smallestInverse = BitConverter.UInt32BitsToSingle((uint)(Fp32Bias - 1 + bias + fractionBits) << Fp32FractionBits);
        Vector<int> multiple = WholeNumber.Nearest(Vector.AsVectorSingle(magnitude) * smallestInverse, SignBit);
        Vector<uint> isSmall = Vector.LessThan(magnitude, new Vector<uint>((uint)(Fp32Bias + 1 - bias) << Fp32FractionBits));
        Vector<uint> nearest = Vector.ConditionalSelect(isSmall, Vector.AsVectorUInt32(multiple), rounded);
        Vector<uint> finite = Vector.Min(nearest, new Vector<uint>(largest));
        var infinities = new Vector<uint>(Fp32Infinity);
        Vector<uint> orInfinity = Vector.ConditionalSelect(Vector.Equals(magnitude, infinities), new Vector<uint>(infinity), finite);
        Vector<uint> orNaN = Vector.ConditionalSelect(Vector.GreaterThan(magnitude, infinities), new Vector<uint>(nan), orInfinity);
        return orNaN | ((bits >> 24) & new Vector<uint>(SignBit));
    }
}
