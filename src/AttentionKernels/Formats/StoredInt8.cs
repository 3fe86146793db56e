using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using AttentionKernels.Simd;

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

    [MethodImpl(InnerLoop.Compilation)]
    public static void Narrow(ReadOnlySpan<float> source, Span<StoredInt8> target)
    {
        Span<sbyte> stored = MemoryMarshal.Cast<StoredInt8, sbyte>(target);
        int index = 0;
        for (; index <= source.Length - Vector<sbyte>.Count; index += Vector<sbyte>.Count)
        {
            ReadOnlySpan<float> part = source[index..];
            Vector.Narrow(
                Vector.Narrow(Nearest(part, 0), Nearest(part, 1)), Vector.Narrow(Nearest(part, 2), Nearest(part, 3)))
                .CopyTo(stored[index..]);
        }

        for (; index < source.Length; index++)
            target[index] = Narrow(source[index], 0f);

        static Vector<int> Nearest(ReadOnlySpan<float> part, int vector) =>
            WholeNumber.Nearest(new Vector<float>(part[(vector * Vector<float>.Count)..]), Largest);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TVector IFormat<StoredInt8>.Widen<TVector>(ref StoredInt8 row, nint first) =>
        TVector.ConvertToSingle(TVector.LoadBytes(ref Unsafe.As<StoredInt8, sbyte>(ref row), first));

    public static string OpenClLoad(int lanes, string pointer, string first) =>
        $"convert_float{lanes}(vload{lanes}(0, {pointer} + ({first})))";

    public static string OpenClLoad(string pointer, string number) => $"(float)({pointer})[{number}]";

    public static string OpenClStore(string value, string index, string pointer) =>
        $"{{ const float stored = {value}; ({pointer})[{index}] = {WholeNumber.OpenClNearest("", "stored", Largest)}; }}";

    public static string OpenClStore(int lanes, string vector, string pointer) =>
        $"{{ const float{lanes} stored = {vector}; "
        + $"vstore{lanes}(convert_char{lanes}({WholeNumber.OpenClNearest($"{lanes}", "stored", Largest)}), 0, {pointer}); }}";
}
