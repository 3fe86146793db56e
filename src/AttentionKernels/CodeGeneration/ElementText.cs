using AttentionKernels.Formats;
using AttentionKernels.Simd;

namespace AttentionKernels.CodeGeneration;

/// <summary>Loads and stores of each <see cref="IFormat{TSelf}"/> as OpenCL C.</summary>
/// <param name="Element">How numbers are stored.</param>
internal readonly record struct ElementText(Type Element)
{
    /// <summary>What pointers to such numbers point to.</summary>
    public string Target => Element switch
    {
        _ when Element == typeof(StoredFp16) => "half",
        _ when Element == typeof(StoredBf16) => "ushort",
        _ when Element == typeof(StoredFp32) => "float",
        _ when Element == typeof(StoredInt4) => "uchar",
        _ => "char",
    };

    /// <summary>Numbers of what a pointer points to.</summary>
    public int PerUnit => Element == typeof(StoredInt4) ? StoredInt4.PerUnit : 1;

    /// <summary>Numbers of a cache line.</summary>
    public int PerLine => Element switch
    {
        _ when Element == typeof(StoredFp32) => Prefetch.LineBytes / sizeof(float),
        _ when Element == typeof(StoredFp16) || Element == typeof(StoredBf16) => Prefetch.LineBytes / sizeof(ushort),
        _ when Element == typeof(StoredInt4) => Prefetch.LineBytes * StoredInt4.PerUnit,
        _ => Prefetch.LineBytes,
    };

    /// <summary>A statement that asks for the lines of so many numbers of the row behind a pointer.</summary>
    public string PrefetchRow(string pointer, string count) =>
        $"for (int i = 0; i < {count}; i += {PerLine}) {{ {Prefetch.OpenCl($"{pointer} + {(PerUnit == 1 ? "i" : $"i / {PerUnit}")}")} }}";

    /// <summary>A vector of numbers of the row behind a pointer, from a number on whose place is a multiple of the lanes, in fp32.</summary>
    public string Load(int lanes, string pointer, string first)
    {
        string bytes = $"convert_int{lanes}(vload{lanes}(0, {pointer} + ({first})))";
        return Element switch
        {
            _ when Element == typeof(StoredFp16) => $"vload_half{lanes}(0, {pointer} + ({first}))",
            _ when Element == typeof(StoredBf16) => $"as_float{lanes}(convert_uint{lanes}(vload{lanes}(0, {pointer} + ({first}))) << 16)",
            _ when Element == typeof(StoredInt8) => $"convert_float{lanes}(vload{lanes}(0, {pointer} + ({first})))",
            _ when Element == typeof(StoredInt4) => $"convert_float{lanes}({HalfBytes(lanes, $"vload{lanes / 2}(0, {pointer} + ({first}) / 2)")} - {StoredInt4.Bias})",
            _ when Element == typeof(StoredFp8E4M3) || Element == typeof(StoredFp8E5M2) => Fp8($"int{lanes}", $"float{lanes}", bytes),
            _ => $"vload{lanes}(0, {pointer} + ({first}))",
        };
    }

    /// <summary>A single number of the row behind a pointer, in fp32.</summary>
    public string Load(string pointer, string number) => Element switch
    {
        _ when Element == typeof(StoredFp16) => $"vload_half({number}, {pointer})",
        _ when Element == typeof(StoredBf16) => $"as_float((uint)({pointer})[{number}] << 16)",
        _ when Element == typeof(StoredInt4) => $"(float)((((int)({pointer})[({number}) / 2] >> (4 * (({number}) % 2))) & 15) - {StoredInt4.Bias})",
        _ when Element == typeof(StoredInt8) => $"(float)({pointer})[{number}]",
        _ when Element == typeof(StoredFp8E4M3) || Element == typeof(StoredFp8E5M2) => Fp8("int", "float", $"(int)({pointer})[{number}]"),
        _ => $"({pointer})[{number}]",
    };

    /// <summary>A statement that stores a number, rounded to nearest even; of those that query and output can be stored as.</summary>
    public string Store(string value, string index, string pointer) =>
        Element == typeof(StoredFp16) ? $"vstore_half_rte({value}, {index}, {pointer});"
        : Element == typeof(StoredBf16)
            ? $"{{ const uint bits = as_uint({value}); ({pointer})[{index}] = (bits & 0x7FFFFFFFu) > 0x7F800000u ? (bits >> 16) | 0x40u : (bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16; }}"
            : $"({pointer})[{index}] = {value};";

    // See WidenFp8 of the C# vectors. In vectors a comparison is all ones, of single numbers it is 1.
    private string Fp8(string integer, string number, string bits)
    {
        string truth = integer == "int" ? "-" : "";
        return Element == typeof(StoredFp8E4M3)
            ? $"as_{number}(as_{integer}(as_{number}(({bits} << {Fp8Vector.E4M3Shift}) & ({integer}){Fp8Vector.E4M3SignAndMagnitude}) * 0x1p120f)"
                + $" | ({truth}(({bits} & ({integer}){Fp8Vector.Magnitude}) == ({integer}){Fp8Vector.Magnitude}) & ({integer}){Fp8Vector.QuietNaN}))"
            : $"as_{number}(as_{integer}(as_{number}(({bits} << {Fp8Vector.E5M2Shift}) & ({integer}){Fp8Vector.E5M2SignAndMagnitude}) * 0x1p112f)"
                + $" | ({truth}(({bits} & ({integer}){Fp8Vector.Magnitude}) >= ({integer}){Fp8Vector.E5M2Infinity}) & ({integer}){Fp16.Infinity}))";
    }

    // The halves of bytes as integers, the lower one of each first.
    private static string HalfBytes(int lanes, string bytes)
    {
        const string Order = "s08192a3b4c5d6e7f";
        string order = lanes switch { 16 => Order, 8 => "s04152637", 4 => "s0213", _ => "s01" };
        string half = lanes == 2 ? "uchar" : $"uchar{lanes / 2}";
        return $"convert_int{lanes}(((uchar{lanes})({bytes} & ({half})15, {bytes} >> ({half})4)).{order})";
    }
}
