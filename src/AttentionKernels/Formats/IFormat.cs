using AttentionKernels.CodeGeneration;
using AttentionKernels.Simd;

namespace AttentionKernels.Formats;

/// <summary>
/// A storage format of numbers in all its forms, a policy type of kernels, which compute in fp32. A unit is the smallest piece
/// of memory that holds whole numbers: one number, two where they are smaller than a byte, or a block with a scale of its own. Its bytes
/// are the size of <typeparamref name="TSelf"/>; offsets of rows count units, and a row begins with a unit.
/// </summary>
/// <remarks>
/// Kernels call the scalar form; the C# bodies of micro-kernels, the vector form; code generators, the OpenCL form. Vectors are loaded
/// from a number on that is a multiple of their lanes, of which there are at most 16, so none reaches beyond a block of 16 numbers or more.
/// </remarks>
/// <typeparam name="TSelf">A unit of memory.</typeparam>
internal interface IFormat<TSelf> : IOpenClTarget
    where TSelf : unmanaged, IFormat<TSelf>
{
    /// <summary>Numbers of a unit.</summary>
    static abstract int PerUnit { get; }

    /// <summary>Where the scale lies that what is stored is multiplied by.</summary>
    static abstract ScalePlace Scale { get; }

    /// <summary>Whether the caller multiplies by a scale, one that is stored apart: an embedded one is in the numbers as they are
    /// read.</summary>
    static virtual bool IsScaled => TSelf.Scale == ScalePlace.Apart;

    /// <summary>The number at a place of a unit in fp32, exactly; infinities and NaN stay what they are.</summary>
    static abstract float Widen(TSelf unit, int place);

    /// <summary>Numbers of a word of 32 bits; 0 where units are no parts of one.</summary>
    static virtual int PerWord => 0;

    /// <summary>The number at a place of such a word, the first in its lowest bits, in fp32, exactly.</summary>
    static virtual float Widen(uint word, int place) => 0f;

    /// <summary>What PTX calls the type of factors of tensor cores (mma), of 16 bits with sums in fp32, that numbers become, exactly; empty
    /// where there is none.</summary>
    static virtual string MmaType => "bf16";

    /// <summary>Whether those are fp16, and not bf16.</summary>
    static virtual bool HasHalfFactors => false;

    /// <summary>Of numbers of 8 bits and fewer the factors at two neighbouring places of a word, an even one and the next, packed; as
    /// fp16 or as bf16, a constant.</summary>
    static virtual uint Factors(uint word, int place, bool asHalf) =>
        FactorPair.Of(TSelf.Widen(word, place), TSelf.Widen(word, place + 1), asHalf);

    /// <summary>Tensor cores: two ones, packed, a factor that sums up.</summary>
    static virtual uint PackedOnes => 0x3F80_3F80;

    /// <summary>A vector of numbers of a row, from one on that is a multiple of the lanes, in fp32; no alignment is asked for.</summary>
    static abstract TVector Widen<TVector>(ref TSelf row, nint first)
        where TVector : struct, IVector<TVector>;

    /// <summary>As <see cref="Widen{TVector}"/>, of rows that <see cref="AreFinite"/> is true of.</summary>
    static virtual TVector WidenFinite<TVector>(ref TSelf row, nint first)
        where TVector : struct, IVector<TVector> =>
        TSelf.Widen<TVector>(ref row, first);

    /// <summary>
    /// Whether all numbers of some rows, each at its offset, are finite; false where <see cref="WidenFinite"/> gains nothing by knowing.
    /// </summary>
    static virtual bool AreFinite(ref TSelf source, ref long offsets, int rows, nint count) => false;

    /// <summary>OpenCL C: a vector of numbers of the row behind a pointer, from one on that is a multiple of the lanes, in fp32.</summary>
    static abstract string OpenClLoad(int lanes, string pointer, string first);

    /// <summary>OpenCL C: a single number of the row behind a pointer, in fp32.</summary>
    static abstract string OpenClLoad(string pointer, string number);

    /// <summary>Whether memory holds the numbers that kernels compute with.</summary>
    static virtual bool IsSingle => false;

    /// <summary>OpenCL C: a statement that stores a number behind a pointer, rounded as the scalar form does; of formats that rows are
    /// stored in.</summary>
    static virtual string OpenClStore(string value, string index, string pointer) =>
        throw new NotSupportedException($"OpenCL C cannot store {typeof(TSelf).Name}.");

    /// <summary>OpenCL C: a statement that stores a vector of numbers behind a pointer, rounded likewise.</summary>
    static virtual string OpenClStore(int lanes, string vector, string pointer) => TSelf.OpenClStore(vector, "0", pointer);
}

/// <summary>Where the scale of stored numbers lies.</summary>
internal enum ScalePlace
{
    /// <summary>There is none.</summary>
    None,

    /// <summary>Apart from them.</summary>
    Apart,

    /// <summary>In their unit.</summary>
    Embedded,
}
