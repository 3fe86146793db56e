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
}
