using AttentionKernels.Formats;

namespace AttentionKernels;

/// <summary>How numbers are stored; kernels compute in fp32. All formats can be those of a paged cache's keys and values.</summary>
/// <remarks>
/// A number becomes the nearest one that can be stored, of two the even one. Under a scale, finite numbers beyond the largest become the
/// largest. NaN and infinity stay what they are, or become NaN where there is no infinity, with two exceptions: whole numbers have neither,
/// so under a scale that is given NaN becomes 0 and infinity the largest number; under a scale that is found, one of them makes all of its
/// head NaN.
/// </remarks>
public class NumberFormat
{
    private readonly string _name;

    private protected NumberFormat(string name, string word, Type unit, Type type)
    {
        _name = name;
        Word = word;
        Unit = unit;
        Type = type;
    }

    /// <summary>IEEE fp32, 4 bytes.</summary>
    public static NumberFormat<float> Float32 { get; } = new NumberFormat<float>(nameof(Float32), "fp32", typeof(StoredFp32));

    /// <summary>IEEE fp16, 2 bytes: 11 significant bits, up to 65504.</summary>
    public static NumberFormat<Half> Float16 { get; } = new NumberFormat<Half>(nameof(Float16), "fp16", typeof(StoredFp16));

    /// <summary>bf16, 2 bytes: 8 significant bits, the range of fp32.</summary>
    public static NumberFormat<BFloat16> BFloat16 { get; } = new NumberFormat<BFloat16>(nameof(BFloat16), "bf16", typeof(StoredBf16));

    /// <summary>fp8 e4m3 times a scale, 1 byte: 3 bits of fraction, up to 448.</summary>
    public static NumberFormat Float8E4M3 { get; } = new(nameof(Float8E4M3), "fp8-e4m3", typeof(byte), typeof(StoredFp8E4M3));

    /// <summary>fp8 e5m2 times a scale, 1 byte: 2 bits of fraction, up to 57344.</summary>
    public static NumberFormat Float8E5M2 { get; } = new(nameof(Float8E5M2), "fp8-e5m2", typeof(byte), typeof(StoredFp8E5M2));

    /// <summary>A whole number from −127 to 127 times a scale, 1 byte.</summary>
    public static NumberFormat Int8 { get; } = new(nameof(Int8), "int8", typeof(sbyte), typeof(StoredInt8));

    /// <summary>A whole number from −7 to 7 times a scale, half a byte.</summary>
    public static NumberFormat Int4 { get; } = new(nameof(Int4), "int4", typeof(byte), typeof(StoredInt4));

    /// <summary>All formats.</summary>
    public static IReadOnlyList<NumberFormat> All { get; } = [Float32, Float16, BFloat16, Float8E4M3, Float8E5M2, Int8, Int4];

    /// <summary>The benchmarks' word for it: <c>fp16</c>, <c>fp8-e4m3</c>.</summary>
    internal string Word { get; }

    /// <summary>What the host sees of a unit of memory.</summary>
    internal Type Unit { get; }

    /// <summary>The format as kernels take it, an <see cref="IFormat{TSelf}"/>.</summary>
    internal Type Type { get; }

    /// <summary>The format's name in this list.</summary>
    public sealed override string ToString() => _name;
}

/// <summary>A format that tensors can have too: query, key, value and output of attention, and rows that are appended to a cache.</summary>
/// <typeparam name="T">The type on the host.</typeparam>
public sealed class NumberFormat<T> : NumberFormat
    where T : unmanaged
{
    internal NumberFormat(string name, string word, Type type)
        : base(name, word, typeof(T), type)
    {
    }
}
