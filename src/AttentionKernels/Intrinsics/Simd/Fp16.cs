using System.Numerics;
using System.Runtime.CompilerServices;
using AttentionKernels.Memory;

namespace AttentionKernels.Intrinsics.Simd;

/// <summary>How vectors of fp16 bits become fp32, and which of them need no care: processors' own instructions for it are not open to C#.</summary>
internal static class Fp16
{
    /// <summary>How much further up fp32 has its fraction.</summary>
    public const int FractionShift = 13;

    /// <summary>The bits of fp32 that fp16 has too, the exponent's at their lower end.</summary>
    public const int SignAndMagnitude = unchecked((int)0x8FFF_E000);

    /// <summary>2¹¹²: the difference of the exponents' biases.</summary>
    public const float Rebias = 5.192296858534828e33f;

    /// <summary>2¹⁶: the exponent that infinity and NaN have.</summary>
    public const float BeyondLargest = 65536f;

    /// <summary>fp32's exponent of infinity and NaN.</summary>
    public const int Infinity = 0x7F80_0000;

    // The largest finite number, without its sign.
    private const short LargestFinite = 0x7BFF;
    private const short Magnitude = 0x7FFF;

    /// <summary>Whether all of some rows' numbers are finite: looking at 16 bits is cheaper than to mend each vector of 32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AreFinite(ref StoredFp16 first, nint stride, int rows, nint count)
    {
        ref byte bytes = ref Unsafe.As<StoredFp16, byte>(ref first);
        Vector<short> largest = Vector<short>.Zero;
        short largestOfTails = 0;
        for (nint row = 0; row < rows; row++)
        {
            nint index = 0;
            for (; index <= count - Vector<short>.Count; index += Vector<short>.Count)
            {
                Vector<short> bits = Unsafe.ReadUnaligned<Vector<short>>(ref Unsafe.Add(ref bytes, ((row * stride) + index) * sizeof(short)));
                largest = Vector.Max(largest, bits & new Vector<short>(Magnitude));
            }

            for (; index < count; index++)
            {
                short bits = Unsafe.ReadUnaligned<short>(ref Unsafe.Add(ref bytes, ((row * stride) + index) * sizeof(short)));
                largestOfTails = Math.Max(largestOfTails, (short)(bits & Magnitude));
            }
        }

        return largestOfTails <= LargestFinite && Vector.LessThanOrEqualAll(largest, new Vector<short>(LargestFinite));
    }
}
