using AttentionKernels.Formats;

namespace AttentionKernels;

/// <summary>How numbers are stored; kernels compute in fp32. All formats can be those of a paged cache's keys and values.</summary>
/// <remarks>
/// A number becomes the nearest one that can be stored, of two the even one. Under a scale, finite numbers beyond the largest become the
/// largest. NaN and infinity stay what they are, or become NaN where there is no infinity, with two exceptions: whole numbers have neither,
/// so under a scale that is given NaN becomes 0 and infinity the largest number; under a scale that is found, one of them makes all of its
/// head NaN.
/// </remarks>
public abstract class NumberFormat
{
    private readonly string _name;

    private protected NumberFormat(string name, Type type)
    {
        _name = name;
        Type = type;
    }

    /// <summary>IEEE fp32, 4 bytes.</summary>
    public static NumberFormat<float> Float32 { get; } = new ElementFormat<float, StoredFp32>(nameof(Float32));

    /// <summary>IEEE fp16, 2 bytes: 11 significant bits, up to 65504.</summary>
    public static NumberFormat<Half> Float16 { get; } = new ElementFormat<Half, StoredFp16>(nameof(Float16));

    /// <summary>bf16, 2 bytes: 8 significant bits, the range of fp32.</summary>
    public static NumberFormat<BFloat16> BFloat16 { get; } = new ElementFormat<BFloat16, StoredBf16>(nameof(BFloat16));

    /// <summary>fp8 e4m3 times a scale, 1 byte: 3 bits of fraction, up to 448.</summary>
    public static NumberFormat Float8E4M3 { get; } = new PageFormat<byte, StoredFp8E4M3>(nameof(Float8E4M3));

    /// <summary>fp8 e5m2 times a scale, 1 byte: 2 bits of fraction, up to 57344.</summary>
    public static NumberFormat Float8E5M2 { get; } = new PageFormat<byte, StoredFp8E5M2>(nameof(Float8E5M2));

    /// <summary>A whole number from −127 to 127 times a scale, 1 byte.</summary>
    public static NumberFormat Int8 { get; } = new PageFormat<sbyte, StoredInt8>(nameof(Int8));

    /// <summary>A whole number from −7 to 7 times a scale, half a byte.</summary>
    public static NumberFormat Int4 { get; } = new PageFormat<byte, StoredInt4>(nameof(Int4));

    /// <summary>All formats.</summary>
    public static IReadOnlyList<NumberFormat> All { get; } = [Float32, Float16, BFloat16, Float8E4M3, Float8E5M2, Int8, Int4];

    /// <summary>The format as kernels take it, an <see cref="IFormat{TSelf}"/>.</summary>
    internal Type Type { get; }

    /// <summary>The format's name in this list.</summary>
    public sealed override string ToString() => _name;

    /// <summary>Does something for the format as a type.</summary>
    internal abstract void Invoke<TAction>(ref TAction action)
        where TAction : struct, IFormatAction;
}

/// <summary>A format that tensors can have too: query, key, value and output of attention, and rows that are appended to a cache.</summary>
/// <typeparam name="T">The type on the host.</typeparam>
public abstract class NumberFormat<T> : NumberFormat
    where T : unmanaged
{
    private protected NumberFormat(string name, Type type)
        : base(name, type)
    {
    }
}
