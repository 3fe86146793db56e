using System.Runtime.Intrinsics;
using AttentionKernels.Formats;

namespace AttentionKernels.Simd;

/// <summary>
/// The vector operations that the C# bodies of micro-kernels are written in, so that one body serves every register width.
/// </summary>
/// <typeparam name="TVector">A vector of fp32 lanes, such as <see cref="Vector512{T}"/>.</typeparam>
internal interface ISimd<TVector>
    where TVector : struct
{
    /// <summary>Lanes of the vector.</summary>
    static abstract int Lanes { get; }

    /// <summary>Loads consecutive elements; no alignment is asked for.</summary>
    static abstract TVector Load(ref float source, nint offset);

    /// <summary>Loads consecutive stored numbers, from one whose place is a multiple of the lanes, as fp32; no alignment is asked for.</summary>
    static abstract TVector Widen<TFormat>(ref TFormat source, nint offset)
        where TFormat : unmanaged, IFormat<TFormat>;

    /// <summary>Stores all lanes; no alignment is asked for.</summary>
    static abstract void Store(TVector vector, ref float target, nint offset);

    /// <summary>Stores all lanes past the caches, 16 bytes at a time; the target is aligned to as many.</summary>
    static abstract void StoreNonTemporal(TVector vector, ref float target, nint offset);

    /// <summary>Pairs of elements of two rows: (first[0], second[0], first[1], second[1], …), half a vector of each.</summary>
    static abstract TVector LoadPairs(ref float first, ref float second, nint offset);

    /// <summary>The first of each pair of lanes, twice.</summary>
    static abstract TVector EvenTwice(TVector vector);

    /// <summary>The second of each pair of lanes, twice.</summary>
    static abstract TVector OddTwice(TVector vector);

    /// <summary>Every lane the same.</summary>
    static abstract TVector Create(float value);

    /// <summary>left + right.</summary>
    static abstract TVector Add(TVector left, TVector right);

    /// <summary>left − right.</summary>
    static abstract TVector Subtract(TVector left, TVector right);

    /// <summary>left · right.</summary>
    static abstract TVector Multiply(TVector left, TVector right);

    /// <summary>left · right + addend, rounded once.</summary>
    static abstract TVector MultiplyAdd(TVector left, TVector right, TVector addend);

    /// <summary>candidate where it is larger than <paramref name="than"/>, which a NaN is not.</summary>
    static abstract TVector Larger(TVector candidate, TVector than);

    /// <summary>value, but <paramref name="otherwise"/> in lanes where x &lt; limit.</summary>
    static abstract TVector UnlessBelow(TVector x, TVector limit, TVector value, TVector otherwise);

    /// <summary>2ⁿ, where x = 1.5·2²³ + n holds the integer n in its lowest bits.</summary>
    static abstract TVector PowerOfTwo(TVector x);

    /// <summary>The sum of all lanes, halves added to halves.</summary>
    static abstract float Sum(TVector vector);

    /// <summary>The sums of the lanes of four vectors, a lane each: cheaper than four times <see cref="Sum"/>, and in another order.</summary>
    static abstract Vector128<float> Sums(TVector first, TVector second, TVector third, TVector fourth);

    /// <summary>The largest lane, where none is NaN.</summary>
    static abstract float Largest(TVector vector);
}
