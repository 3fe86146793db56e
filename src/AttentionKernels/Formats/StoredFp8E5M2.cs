using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using AttentionKernels.Simd;

namespace AttentionKernels.Formats;

/// <summary>fp8 e5m2, times a scale: the upper half of an fp16 number, with 5 bits of exponent and 2 of fraction, up to 57344.</summary>
/// <remarks>Micikevicius et al., "FP8 formats for deep learning", 2022.</remarks>
internal readonly struct StoredFp8E5M2(byte bits) : IWritableFormat<StoredFp8E5M2>
{
    private const int FractionBits = 2;
    private const int Bias = 15;
    private const uint Magnitude = 0x7F;
    private const uint LargestBits = 0x7B;
    private const uint Infinity = 0x7C;
    private const uint NaN = 0x7E;

    // How much further up fp32 has the fraction, and the bits of fp32 that e5m2 has too, the exponent's at their lower end.
    private const int FractionShift = 21;
    private const int SignAndMagnitude = unchecked((int)0x8FE0_0000);

    private readonly byte _bits = bits;

    public static int PerUnit => 1;

    public static ScalePlace Scale => ScalePlace.Apart;

    public static string OpenClTarget => "char";

    public static float Largest => 57344f;

    public static int PerWord => 4;

    public static float Widen(uint word, int place) => Widen(new StoredFp8E5M2((byte)(word >> (8 * place))), 0);

    public static uint Factors(uint word, int place, bool asHalf) => FactorPair.OfFp8E5M2(word, place, asHalf);

    public static float Widen(StoredFp8E5M2 unit, int place) => Fp8.Widen(unit._bits, FractionBits, Bias, Infinity, hasInfinity: true);

    public static StoredFp8E5M2 Narrow(float first, float second) => new(Fp8.Narrow(first, FractionBits, Bias, LargestBits, Infinity, NaN));

    public static void Narrow(ReadOnlySpan<float> source, Span<StoredFp8E5M2> target) =>
        Fp8.Narrow(source, MemoryMarshal.Cast<StoredFp8E5M2, byte>(target), FractionBits, Bias, LargestBits, Infinity, NaN);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TVector IFormat<StoredFp8E5M2>.Widen<TVector>(ref StoredFp8E5M2 row, nint first) =>
        VectorBits.WithSpecials<TVector>(Finite<StoredFp8E5M2>.Widen<TVector>(ref row, first));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TVector IFormat<StoredFp8E5M2>.WidenFinite<TVector>(ref StoredFp8E5M2 row, nint first)
    {
        TVector bits = TVector.LoadBytes(ref Unsafe.As<StoredFp8E5M2, sbyte>(ref row), first);
        TVector number = TVector.ShiftLeft(bits, FractionShift) & TVector.CreateBits(SignAndMagnitude);
        return number * TVector.Create(StoredFp16.Rebias);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AreFinite(ref StoredFp8E5M2 source, ref long offsets, int rows, nint count) =>
        Magnitudes.AreAtMost(ref Unsafe.As<StoredFp8E5M2, sbyte>(ref source), ref offsets, rows, count, (sbyte)LargestBits);

    public static string OpenClLoad(int lanes, string pointer, string first) =>
        OpenClWiden($"int{lanes}", $"float{lanes}", $"convert_int{lanes}(vload{lanes}(0, {pointer} + ({first})))", truth: "");

    // In vectors a comparison is all ones, of single numbers it is 1.
    public static string OpenClLoad(string pointer, string number) =>
        OpenClWiden("int", "float", $"(int)({pointer})[{number}]", truth: "-");

    public static string OpenClStore(string value, string index, string pointer) =>
        $"{{ const float number = {value}; {OpenClNarrow("")} ({pointer})[{index}] = stored; }}";

    public static string OpenClStore(int lanes, string vector, string pointer) =>
        $"{{ const float{lanes} number = {vector}; {OpenClNarrow($"{lanes}")} "
        + $"vstore{lanes}(convert_char{lanes}(as_int{lanes}(stored)), 0, {pointer}); }}";

    private static string OpenClNarrow(string lanes) => Fp8.OpenClNarrow(lanes, FractionBits, Bias, LargestBits, Infinity, NaN);

    private static string OpenClWiden(string integer, string number, string bits, string truth) =>
        $"as_{number}(as_{integer}(as_{number}(({bits} << {FractionShift}) & ({integer}){SignAndMagnitude}) * 0x1p112f)"
        + $" | ({truth}(({bits} & ({integer}){Magnitude}) >= ({integer}){Infinity}) & ({integer}){VectorBits.Fp32Infinity}))";
}
