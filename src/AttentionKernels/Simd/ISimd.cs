using System.Runtime.Intrinsics;

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

    /// <summary>Loads consecutive integers of 16 bits as integers of 32, the sign in all upper bits; no alignment is asked for.</summary>
    static abstract TVector LoadShorts(ref short source, nint offset);

    /// <summary>Loads consecutive integers of 8 bits as integers of 32, the sign in all upper bits.</summary>
    static abstract TVector LoadBytes(ref sbyte source, nint offset);

    /// <summary>Loads the halves of consecutive bytes, half as many as lanes, as integers, the lower half of each first.</summary>
    static abstract TVector LoadHalfBytes(ref byte source, nint offset);

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

    /// <summary>Every lane the same bits.</summary>
    static abstract TVector CreateBits(int bits);

    /// <summary>The bits of every lane further up; zeros follow.</summary>
    static abstract TVector ShiftLeft(TVector bits, int count);

    /// <summary>The bits that both have.</summary>
    static abstract TVector And(TVector left, TVector right);

    /// <summary>The bits that one of both has.</summary>
    static abstract TVector Or(TVector left, TVector right);

    /// <summary>All bits in lanes where x ≥ limit, none in others.</summary>
    static abstract TVector AtLeast(TVector x, TVector limit);

    /// <summary>Integers of 32 bits as fp32.</summary>
    static abstract TVector ConvertToSingle(TVector integers);

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

    /// <summary>The sums of the lanes of four vectors, a lane each: cheaper than four times <see cref="Sum"/>, and in another
    /// order.</summary>
    static abstract Vector128<float> Sums(TVector first, TVector second, TVector third, TVector fourth);

    /// <summary>The largest lane, where none is NaN.</summary>
    static abstract float Largest(TVector vector);
}
