namespace AttentionKernels.Simd;

/// <summary>
/// A vector of fp32 lanes, as many as a register has: a compile-time choice of every kernel of the Vector schedule. The C# bodies of
/// micro-kernels compute with it; on OpenCL devices only its number of lanes counts.
/// </summary>
/// <typeparam name="TSelf">The vector, such as <see cref="Fp32x16"/>.</typeparam>
internal interface IVector<TSelf> : IScoreNumber<TSelf>
    where TSelf : struct, IVector<TSelf>
{
    /// <summary>The number of lanes: 4, 8 or 16.</summary>
    static abstract int Lanes { get; }

    /// <summary>Rows of the register tile of a packed GEMM: with two vectors a row, as many as the registers of such processors
    /// hold.</summary>
    static abstract int BlockRows { get; }

    /// <summary>The bits that both have.</summary>
    static abstract TSelf operator &(TSelf left, TSelf right);

    /// <summary>The bits that one of both has.</summary>
    static abstract TSelf operator |(TSelf left, TSelf right);

    /// <summary>Loads consecutive elements; no alignment is asked for.</summary>
    static abstract TSelf Load(ref float source, nint offset);

    /// <summary>Loads consecutive integers of 16 bits as integers of 32, the sign in all upper bits; no alignment is asked for.</summary>
    static abstract TSelf LoadShorts(ref short source, nint offset);

    /// <summary>Loads consecutive integers of 8 bits as integers of 32, the sign in all upper bits.</summary>
    static abstract TSelf LoadBytes(ref sbyte source, nint offset);

    /// <summary>Loads the halves of consecutive bytes, half as many as lanes, as integers, the lower half of each first.</summary>
    static abstract TSelf LoadHalfBytes(ref byte source, nint offset);

    /// <summary>Stores all lanes; no alignment is asked for.</summary>
    void Store(ref float target, nint offset);

    /// <summary>Stores all lanes past the caches, 16 bytes at a time or more; the target is aligned to 16.</summary>
    void StoreNonTemporal(ref float target, nint offset);

    /// <summary>Pairs of elements of two rows: (first[0], second[0], first[1], second[1], …), half a vector of each.</summary>
    static abstract TSelf LoadPairs(ref float first, ref float second, nint offset);

    /// <summary>The first of each pair of lanes, twice.</summary>
    static abstract TSelf EvenTwice(TSelf vector);

    /// <summary>The second of each pair of lanes, twice.</summary>
    static abstract TSelf OddTwice(TSelf vector);

    /// <summary>Every lane the same.</summary>
    static abstract TSelf Create(float value);

    /// <summary>Every lane the same bits.</summary>
    static abstract TSelf CreateBits(int bits);

    /// <summary>The bits of every lane further up; zeros follow.</summary>
    static abstract TSelf ShiftLeft(TSelf bits, int count);

    /// <summary>All bits in lanes where x ≥ limit, none in others.</summary>
    static abstract TSelf AtLeast(TSelf x, TSelf limit);

    /// <summary>Integers of 32 bits as fp32.</summary>
    static abstract TSelf ConvertToSingle(TSelf integers);

    /// <summary>candidate where it is larger than <paramref name="than"/>, which a NaN is not.</summary>
    static abstract TSelf Larger(TSelf candidate, TSelf than);

    /// <summary>The sum of all lanes, halves added to halves.</summary>
    static abstract float Sum(TSelf vector);

    /// <summary>The sums of the lanes of four vectors, a lane each: cheaper than four times <see cref="Sum"/>, and in another
    /// order.</summary>
    static abstract Fp32x4 Sums(TSelf first, TSelf second, TSelf third, TSelf fourth);

    /// <summary>The largest lane, where none is NaN.</summary>
    static abstract float Largest(TSelf vector);
}
