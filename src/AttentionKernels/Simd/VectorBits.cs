using System.Runtime.CompilerServices;

namespace AttentionKernels.Simd;

/// <summary>fp32 vectors of numbers with smaller exponents, whose infinity and NaN have become numbers beyond their largest.</summary>
internal static class VectorBits
{
    /// <summary>fp32's exponent of infinity and NaN.</summary>
    public const int Fp32Infinity = 0x7F80_0000;

    private const int Magnitude = 0x7FFF_FFFF;

    // 2¹⁶, which an exponent of 5 bits stands for when all of them are set.
    private const float BeyondFiveBits = 65536f;

    extension<TVector>(TVector numbers)
        where TVector : struct, IVector<TVector>
    {
        /// <summary>The vector of numbers with exponents of 5 bits, infinity and NaN as what they are.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVector WithSpecials() => SetFrom(numbers, BeyondFiveBits, Fp32Infinity);

        /// <summary>The vector with some bits set in numbers whose magnitude is at least a limit.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVector SetFrom(float limit, int bits)
        {
            TVector isBeyond = TVector.AtLeast(numbers & TVector.CreateBits(Magnitude), TVector.Create(limit));
            return numbers | (isBeyond & TVector.CreateBits(bits));
        }
    }
}
