using AttentionKernels.CodeGeneration;
using ILGPU;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace AttentionKernels.Formats;

/// <summary>Two numbers as fp16 in one register, the first in its lower half, and scales of such pairs.</summary>
internal static class HalfPair
{
    // The exponents of the powers of two, with fp32's bias, from the smallest that is a normal fp16 number.
    private const int SmallestExponent = 127 - 14;
    private const int LargestExponent = 127;

    private const int ExponentShift = 23;
    private const int FractionBits = 10;

    private const float Largest = 65504f;

    /// <summary>Two numbers that fp16 can store.</summary>
    public static uint Of(float first, float second) => HalfConversion.Narrow(first) | ((uint)HalfConversion.Narrow(second) << 16);

    /// <summary>Both times the same, a pair of a power of two; exact down to fp16's smallest number.</summary>
    [IntrinsicImplementation]
    public static uint Scale(uint pair, uint power) => Of(
        StoredFp16.Widen(pair, 0) * StoredFp16.Widen(power, 0), StoredFp16.Widen(pair, 1) * StoredFp16.Widen(power, 1));

    /// <summary>The largest power of two not above the scale's magnitude, from 2⁻¹⁴ to 1, as a pair.</summary>
    public static uint Power(float scale) => (uint)((Exponent(scale) - SmallestExponent + 1) << FractionBits) * 0x10001;

    /// <summary>The scale over that power, exactly; NaN where fp16 ends before it.</summary>
    public static float Rest(float scale)
    {
        float rest = scale * Interop.IntAsFloat((uint)(254 - Exponent(scale)) << ExponentShift);
        return Math.Abs(rest) > Largest ? float.NaN : rest;
    }

    private static int Exponent(float scale) => Math.Max(
        SmallestExponent, Math.Min((int)(Interop.FloatAsInt(scale) >> ExponentShift) & 0xFF, LargestExponent));

    private static void ScalePtx(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        new PtxBody(generator, call).Write("mul.rn.f16x2 $result, $pair, $power;");
}
