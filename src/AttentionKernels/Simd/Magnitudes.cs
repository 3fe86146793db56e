using System.Numerics;
using System.Runtime.CompilerServices;

namespace AttentionKernels.Simd;

/// <summary>Magnitudes of small floating-point numbers by their bits, which is cheaper than to mend each vector of fp32.</summary>
internal static class Magnitudes
{
    /// <summary>
    /// Whether the bits of all numbers of some rows, each at its offset, are at most a limit without their signs: then numbers are in the
    /// order of their bits, and those that are not finite are the largest.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AreAtMost<TBits>(ref TBits first, ref long offsets, int rows, nint count, TBits limit)
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
