using System.Numerics;
using System.Runtime.CompilerServices;
using AttentionKernels.Formats;

namespace AttentionKernels.Simd;

/// <summary>Whether rows of small floating-point numbers are finite: looking at their bits is cheaper than to mend each vector of fp32.</summary>
internal static class FiniteRows
{
    private const short LargestFp16 = 0x7BFF;
    private const sbyte LargestFp8E4M3 = 0x7E;
    private const sbyte LargestFp8E5M2 = 0x7B;

    /// <summary>Whether all numbers of some rows, each at its offset, are finite; false where it is not worth knowing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AreKnown<TFormat>(ref TFormat first, ref long offsets, int rows, nint count)
        where TFormat : unmanaged, IFormat<TFormat>
    {
        if (typeof(TFormat) == typeof(StoredFp16))
            return AreAtMost(ref Unsafe.As<TFormat, short>(ref first), ref offsets, rows, count, LargestFp16);
        if (typeof(TFormat) == typeof(StoredFp8E4M3))
            return AreAtMost(ref Unsafe.As<TFormat, sbyte>(ref first), ref offsets, rows, count, LargestFp8E4M3);
        if (typeof(TFormat) == typeof(StoredFp8E5M2))
            return AreAtMost(ref Unsafe.As<TFormat, sbyte>(ref first), ref offsets, rows, count, LargestFp8E5M2);
        return false;
    }

    // Without their signs, numbers are in the order of their bits, and those that are not finite are the largest.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool AreAtMost<TBits>(ref TBits first, ref long offsets, int rows, nint count, TBits limit)
        where TBits : unmanaged, IBinaryInteger<TBits>, IMinMaxValue<TBits>
    {
        Vector<TBits> largest = Vector<TBits>.Zero;
        TBits largestOfTails = TBits.Zero;
        for (nint row = 0; row < rows; row++)
        {
            ref TBits bits = ref Unsafe.Add(ref first, (nint)Unsafe.Add(ref offsets, row));
            nint index = 0;
            for (; index <= count - Vector<TBits>.Count; index += Vector<TBits>.Count)
                largest = Vector.Max(largest, Vector.LoadUnsafe(ref bits, (nuint)index) & new Vector<TBits>(TBits.MaxValue));
            for (; index < count; index++)
                largestOfTails = TBits.Max(largestOfTails, Unsafe.Add(ref bits, index) & TBits.MaxValue);
        }

        return largestOfTails <= limit && Vector.LessThanOrEqualAll(largest, new Vector<TBits>(limit));
    }
}
