using System.Runtime.CompilerServices;

namespace AttentionKernels.Formats;

/// <summary>A whole number from −127 to 127, times a scale. Integers have no NaN: under a scale that is a number, it becomes 0.</summary>
internal readonly struct StoredInt8(sbyte number) : IWritableFormat<StoredInt8>
{
    private readonly sbyte _number = number;

    public static int PerUnit => 1;

    public static ScalePlace Scale => ScalePlace.Apart;

    public static string OpenClTarget => "char";

    public static float Largest => 127f;

    public static int PerWord => 4;

    public static float Widen(uint word, int place) => BitField.Signed(word, 8 * place, 8);

    public static uint Factors(uint word, int place, bool asHalf) => FactorPair.OfInt8(word, place, asHalf);

    public static float Widen(StoredInt8 unit, int place) => unit._number;

    public static StoredInt8 Narrow(float first, float second) => new((sbyte)WholeNumber.Nearest(first, Largest));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TVector IFormat<StoredInt8>.Widen<TVector>(ref StoredInt8 row, nint first) =>
        TVector.ConvertToSingle(TVector.LoadBytes(ref Unsafe.As<StoredInt8, sbyte>(ref row), first));

    public static string OpenClLoad(int lanes, string pointer, string first) =>
        $"convert_float{lanes}(vload{lanes}(0, {pointer} + ({first})))";

    public static string OpenClLoad(string pointer, string number) => $"(float)({pointer})[{number}]";
}
