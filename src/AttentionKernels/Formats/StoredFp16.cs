using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using AttentionKernels.Simd;

namespace AttentionKernels.Formats;

/// <summary>IEEE fp16: 5 bits of exponent, 10 of fraction; the bits of a <see cref="Half"/>, which kernels cannot use.</summary>
internal readonly struct StoredFp16(ushort bits) : IElement<StoredFp16>
{
    /// <summary>2¹¹²: the difference of the exponents' biases of fp32 and of fp16, which is also that of e5m2.</summary>
    public const float Rebias = 5.192296858534828e33f;

    // How much further up fp32 has its fraction, and the bits of fp32 that fp16 has too, the exponent's at their lower end.
    private const int FractionShift = 13;
    private const int SignAndMagnitude = unchecked((int)0x8FFF_E000);

    private const short LargestBits = 0x7BFF;

    private readonly ushort _bits = bits;

    public static string OpenClTarget => "half";

    public static float Largest => 65504f;

    public static string MmaType => "f16";

    public static bool HasHalfFactors => true;

    public static uint PackedOnes => 0x3C00_3C00;

    public static int HalfTerms => 1;

    public static int BFloat16Terms => 2;

    public static int PerWord => 2;

    public static float Widen(uint word, int place) => HalfConversion.Widen((ushort)(word >> (16 * place)));

    public static float Widen(StoredFp16 stored) => HalfConversion.Widen(stored._bits);

    public static StoredFp16 Narrow(float value) => new(HalfConversion.Narrow(value));

    public static void Narrow(ReadOnlySpan<float> source, Span<StoredFp16> target) =>
        TensorPrimitives.ConvertToHalf(source, MemoryMarshal.Cast<StoredFp16, Half>(target));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TVector IFormat<StoredFp16>.Widen<TVector>(ref StoredFp16 row, nint first) =>
        VectorBits.WithSpecials<TVector>(Finite<StoredFp16>.Widen<TVector>(ref row, first));

    // Processors' own instructions for it are not open to C#. The exponents' biases differ by 2¹¹², and subnormal numbers become normal by
    // the same product; infinity and NaN come out as 2¹⁶ and beyond.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TVector IFormat<StoredFp16>.WidenFinite<TVector>(ref StoredFp16 row, nint first)
    {
        TVector bits = TVector.LoadShorts(ref Unsafe.As<StoredFp16, short>(ref row), first);
        return (TVector.ShiftLeft(bits, FractionShift) & TVector.CreateBits(SignAndMagnitude)) * TVector.Create(Rebias);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AreFinite(ref StoredFp16 source, ref long offsets, int rows, nint count) =>
        Magnitudes.AreAtMost(ref Unsafe.As<StoredFp16, short>(ref source), ref offsets, rows, count, LargestBits);

    public static string OpenClLoad(int lanes, string pointer, string first) => $"vload_half{lanes}(0, {pointer} + ({first}))";

    public static string OpenClLoad(string pointer, string number) => $"vload_half({number}, {pointer})";

    public static string OpenClStore(string value, string index, string pointer) => $"vstore_half_rte({value}, {index}, {pointer});";

    public static string OpenClStore(int lanes, string vector, string pointer) => $"vstore_half{lanes}_rte({vector}, 0, {pointer});";
}
