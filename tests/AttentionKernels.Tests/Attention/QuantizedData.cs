using System.Runtime.InteropServices;
using AttentionKernels.Formats;
using AttentionKernels.Tests.Infrastructure;

namespace AttentionKernels.Tests.Attention;

/// <summary>Seeded numbers of 8 bits [batch, tokens, heads, headDim], and their scales.</summary>
/// <param name="Format">How they are stored.</param>
/// <param name="Shape">Their shape.</param>
/// <param name="Scales">The scales [batch, tokens, heads]; <see langword="null"/> where all are 1.</param>
/// <param name="ScaleShape">The shape of the scales, with 1 where they are for all.</param>
internal sealed record QuantizedData(NumberFormat Format, TensorShape Shape, float[]? Scales, TensorShape ScaleShape)
{
    /// <summary>The stored numbers.</summary>
    public required byte[] Bytes { get; init; }

    /// <summary>What stands for the numbers: stored · scale.</summary>
    public float[] Numbers
    {
        get
        {
            float[] stored = Widen(Format, Bytes);
            return [.. stored.Select((number, index) => number * ScaleOf(index / (int)Shape[3]))];
        }
    }

    /// <summary>What a kernel multiplies weights by, but for powers of two, which rounding does not see [batch, tokens, heads].</summary>
    public float[] WeightFactors =>
        [.. Enumerable.Range(0, (int)(Shape.ElementCount / Shape[3])).Select(row => ScaleOf(row)).Select(scale => MathF.ScaleB(scale, -MathF.ILogB(scale)))];

    /// <summary>Normal numbers, stored by the nearest that the format has.</summary>
    /// <param name="seed">Of numbers and scales.</param>
    /// <param name="format">How they are stored.</param>
    /// <param name="shape">Their shape.</param>
    /// <param name="scaleShape">That of the scales; none where it has no dimensions.</param>
    public static QuantizedData Normal(int seed, NumberFormat format, TensorShape shape, TensorShape scaleShape)
    {
        float[]? scales = scaleShape.Rank == 0
            ? null
            : [.. RandomData.Normal(seed + 100, scaleShape).Select(number => (0.5f + Math.Abs(number)) * (format == NumberFormat.Int8 ? 0.03f : 0.1f))];
        var empty = new QuantizedData(format, shape, scales, scaleShape) { Bytes = [] };
        float[] numbers = RandomData.Normal(seed, shape);
        return empty with { Bytes = Narrow(format, [.. numbers.Select((number, index) => number / empty.ScaleOf(index / (int)shape[3]))]) };
    }

    /// <summary>Small whole numbers, with scales that are powers of two.</summary>
    public static QuantizedData Whole(int seed, NumberFormat format, TensorShape shape, TensorShape scaleShape) =>
        new(format, shape, scaleShape.Rank == 0 ? null : [.. Integers(seed + 100, scaleShape, -1, 2).Select(static exponent => MathF.ScaleB(1, (int)exponent))], scaleShape)
        {
            Bytes = Narrow(format, [.. Integers(seed, shape, -3, 3)]),
        };

    /// <summary>The numbers on a device, between guards, with a gap behind each head.</summary>
    public GuardedQuantized Upload(AttentionDevice device, int gap) => new(device, this, gap);

    /// <summary>The scale of a row, counted over tokens and heads.</summary>
    private float ScaleOf(int row)
    {
        if (Scales is null)
            return 1;
        (int token, int head) = Math.DivRem(row, (int)Shape[2]);
        (int batch, int place) = Math.DivRem(token, (int)Shape[1]);
        long index = ScaleShape[0] == 1 ? 0 : batch;
        index = (index * ScaleShape[1]) + (ScaleShape[1] == 1 ? 0 : place);
        return Scales[(index * ScaleShape[2]) + (ScaleShape[2] == 1 ? 0 : head)];
    }

    private static IEnumerable<float> Integers(int seed, TensorShape shape, int least, int most) =>
        RandomData.Uniform(seed, shape.ElementCount, least, most + 1).Select(MathF.Floor);

    private static float[] Widen(NumberFormat format, byte[] bytes) => format.ToString() switch
    {
        nameof(NumberFormat.Float8E4M3) => Widen<StoredFp8E4M3>(bytes),
        nameof(NumberFormat.Float8E5M2) => Widen<StoredFp8E5M2>(bytes),
        _ => Widen<StoredInt8>(bytes),
    };

    private static byte[] Narrow(NumberFormat format, float[] numbers) => format.ToString() switch
    {
        nameof(NumberFormat.Float8E4M3) => Narrow<StoredFp8E4M3>(numbers),
        nameof(NumberFormat.Float8E5M2) => Narrow<StoredFp8E5M2>(numbers),
        _ => Narrow<StoredInt8>(numbers),
    };

    private static float[] Widen<TFormat>(byte[] bytes)
        where TFormat : unmanaged, IFormat<TFormat> =>
        Array.ConvertAll(MemoryMarshal.Cast<byte, TFormat>(bytes).ToArray(), static unit => TFormat.Widen(unit, 0));

    private static byte[] Narrow<TFormat>(float[] numbers)
        where TFormat : unmanaged, IWritableFormat<TFormat> =>
        MemoryMarshal.AsBytes<TFormat>(Array.ConvertAll(numbers, static number => TFormat.Narrow(number, 0))).ToArray();
}

/// <summary>A quantised tensor between guards.</summary>
internal sealed class GuardedQuantized : IDisposable
{
    private readonly GuardedTensor<byte>? _bytes;
    private readonly GuardedTensor<sbyte>? _integers;
    private readonly GuardedTensor<float>? _scales;

    public GuardedQuantized(AttentionDevice device, QuantizedData data, int gap)
    {
        TensorShape strides = Strides.Padded(data.Shape, 2, gap);
        if (data.Format == NumberFormat.Int8)
            _integers = GuardedTensor<sbyte>.Of(device, MemoryMarshal.Cast<byte, sbyte>(data.Bytes), data.Shape, strides);
        else
            _bytes = GuardedTensor<byte>.Of(device, data.Bytes, data.Shape, strides);
        if (data.Scales is { } scales)
            _scales = GuardedTensor<float>.Of(device, scales, data.ScaleShape);
    }

    public static implicit operator QuantizedTensor(GuardedQuantized tensor) => tensor._bytes is { } bytes
        ? new QuantizedTensor(bytes.View, tensor._scales?.View)
        : new QuantizedTensor(tensor._integers!.View, tensor._scales?.View);

    /// <summary>Fails unless every byte is as it was.</summary>
    public void VerifyUnchanged()
    {
        _bytes?.VerifyUnchanged();
        _integers?.VerifyUnchanged();
        _scales?.VerifyUnchanged();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _bytes?.Dispose();
        _integers?.Dispose();
        _scales?.Dispose();
    }
}
