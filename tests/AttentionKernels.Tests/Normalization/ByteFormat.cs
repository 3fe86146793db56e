using System.Runtime.CompilerServices;
using AttentionKernels.Formats;

namespace AttentionKernels.Tests.Normalization;

/// <summary>A format of rows that are quantised to bytes, by its scalar form (which StoredByteTests hold to the definition).</summary>
/// <param name="Format">The format.</param>
/// <param name="Largest">The largest number that can be stored.</param>
/// <param name="Narrow">The byte of a number.</param>
/// <param name="Widen">The number of a byte.</param>
internal sealed record ByteFormat(NumberFormat Format, float Largest, Func<float, byte> Narrow, Func<byte, float> Widen)
{
    public static ByteFormat Int8 { get; } = Of<StoredInt8>(NumberFormat.Int8);

    public static ByteFormat E4M3 { get; } = Of<StoredFp8E4M3>(NumberFormat.Float8E4M3);

    public static ByteFormat E5M2 { get; } = Of<StoredFp8E5M2>(NumberFormat.Float8E5M2);

    public static ByteFormat[] All => [Int8, E4M3, E5M2];

    /// <summary>The number that is stored of a value.</summary>
    public float Round(double value) => Widen(Narrow((float)value));

    /// <summary>Rows with a scale each.</summary>
    public QuantizedRows Rows(TensorView<byte> numbers, TensorView<float> scales) =>
        this == Int8 ? new QuantizedRows(SignedView(numbers), scales) : new QuantizedRows(numbers, Format, scales);

    /// <summary>Rows with a scale for all.</summary>
    public QuantizedRows Rows(TensorView<byte> numbers, float scale) =>
        this == Int8 ? new QuantizedRows(SignedView(numbers), scale) : new QuantizedRows(numbers, Format, scale);

    private static ByteFormat Of<TFormat>(NumberFormat format)
        where TFormat : unmanaged, IWritableFormat<TFormat> => new(
            format, TFormat.Largest, value => Unsafe.BitCast<TFormat, byte>(TFormat.Narrow(value, 0f)),
            bits => TFormat.Widen(Unsafe.BitCast<byte, TFormat>(bits), 0));

    private static TensorView<sbyte> SignedView(TensorView<byte> numbers) => new(numbers.Data.Cast<sbyte>(), numbers.Shape, numbers.Strides);
}
