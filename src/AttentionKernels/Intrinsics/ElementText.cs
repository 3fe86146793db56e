using AttentionKernels.Memory;

namespace AttentionKernels.Intrinsics;

/// <summary>Loads and stores of each <see cref="IElement{TSelf}"/> as OpenCL C.</summary>
/// <param name="Element">How numbers are stored.</param>
internal readonly record struct ElementText(Type Element)
{
    /// <summary>What pointers to such numbers point to.</summary>
    public string Target => Element == typeof(StoredFp16) ? "half" : Element == typeof(StoredBf16) ? "ushort" : "float";

    /// <summary>Bytes of a number.</summary>
    public int Size => Element == typeof(StoredFp32) ? sizeof(float) : sizeof(ushort);

    /// <summary>A vector of numbers, the <paramref name="index"/>-th behind a pointer, in fp32.</summary>
    public string Load(int lanes, string index, string pointer) =>
        Element == typeof(StoredFp16) ? $"vload_half{lanes}({index}, {pointer})"
        : Element == typeof(StoredBf16) ? $"as_float{lanes}(convert_uint{lanes}(vload{lanes}({index}, {pointer})) << 16)"
        : $"vload{lanes}({index}, {pointer})";

    /// <summary>A single number, the <paramref name="index"/>-th behind a pointer, in fp32.</summary>
    public string Load(string index, string pointer) =>
        Element == typeof(StoredFp16) ? $"vload_half({index}, {pointer})"
        : Element == typeof(StoredBf16) ? $"as_float((uint)({pointer})[{index}] << 16)"
        : $"({pointer})[{index}]";

    /// <summary>A statement that stores a number, rounded to nearest even.</summary>
    public string Store(string value, string index, string pointer) =>
        Element == typeof(StoredFp16) ? $"vstore_half_rte({value}, {index}, {pointer});"
        : Element == typeof(StoredBf16)
            ? $"{{ const uint bits = as_uint({value}); ({pointer})[{index}] = (bits & 0x7FFFFFFFu) > 0x7F800000u ? (bits >> 16) | 0x40u : (bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16; }}"
            : $"({pointer})[{index}] = {value};";
}
