using System.Runtime.CompilerServices;

namespace AttentionKernels.Formats;

/// <summary>
/// Two whole numbers from −7 to 7, times a scale: each plus 8, the first in the lower half of the byte. Integers have no NaN: under a scale
/// that is a number, it becomes 0.
/// </summary>
internal readonly struct StoredInt4(byte bits) : IWritableFormat<StoredInt4>
{
    // What is added to a number to store it.
    private const int Bias = 8;

    private readonly byte _bits = bits;

    public static int PerUnit => 2;

    public static ScalePlace Scale => ScalePlace.Apart;

    public static string OpenClTarget => "uchar";

    public static float Largest => 7f;

    public static int PerWord => 8;

    public static float Widen(uint word, int place) => (int)((word >> (4 * place)) & 15) - Bias;

    public static uint Factors(uint word, int place, bool asHalf) => FactorPair.OfInt4(word, place, asHalf);

    public static float Widen(StoredInt4 unit, int place) => ((unit._bits >> (4 * place)) & 15) - Bias;

    public static StoredInt4 Narrow(float first, float second) =>
        new((byte)((WholeNumber.Nearest(first, Largest) + Bias) | ((WholeNumber.Nearest(second, Largest) + Bias) << 4)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TVector IFormat<StoredInt4>.Widen<TVector>(ref StoredInt4 row, nint first) =>
        TVector.ConvertToSingle(TVector.LoadHalfBytes(ref Unsafe.As<StoredInt4, byte>(ref row), first / PerUnit)) - TVector.Create(Bias);

    public static string OpenClLoad(int lanes, string pointer, string first)
    {
        // The halves of bytes, the lower one of each first.
        const string Order = "s08192a3b4c5d6e7f";
        string order = lanes switch { 16 => Order, 8 => "s04152637", 4 => "s0213", _ => "s01" };
        string half = lanes == 2 ? "uchar" : $"uchar{lanes / 2}";
        string bytes = $"vload{lanes / 2}(0, {pointer} + ({first}) / 2)";
        return $"convert_float{lanes}(convert_int{lanes}(((uchar{lanes})({bytes} & ({half})15, {bytes} >> ({half})4)).{order}) - {Bias})";
    }

    public static string OpenClLoad(string pointer, string number) =>
        $"(float)((((int)({pointer})[({number}) / 2] >> (4 * (({number}) % 2))) & 15) - {Bias})";
}
