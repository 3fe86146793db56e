using System.Globalization;
using System.Runtime.InteropServices;
using AttentionKernels.Formats;
using AttentionKernels.MicroKernels;
using AttentionKernels.Tests.Infrastructure;
using AttentionKernels.Tests.MicroKernels;
using ILGPU;
using Xunit;

namespace AttentionKernels.Tests.Formats;

/// <summary>Every byte of a quantised page becomes the numbers that it holds, on every path that reads it, and numbers become the nearest stored ones.</summary>
[Trait("Speed", "Quick")]
public class StoredByteTests(TestDevices devices) : DeviceTests(devices)
{
    // All bytes, and some again, so that rows end with less than a vector.
    private static readonly byte[] _bytes = [.. Enumerable.Range(0, 256 + 21).Select(index => (byte)index)];

    public enum Format
    {
        Int8,
        Int4,
        E4M3,
        E5M2,
    }

    public static IEnumerable<Format> Formats => Enum.GetValues<Format>();

    [Theory, EachBackend(Cases = nameof(Formats))]
    public void Numbers_are_read_and_written_right(Backend backend, Format format)
    {
        switch (format)
        {
            case Format.Int8:
                Verify<StoredInt8>(backend, format);
                break;
            case Format.Int4:
                Verify<StoredInt4>(backend, format);
                break;
            case Format.E4M3:
                Verify<StoredFp8E4M3>(backend, format);
                break;
            default:
                Verify<StoredFp8E5M2>(backend, format);
                break;
        }
    }

    [Theory, EachBackend(4, ProcessorsOnly = true), EachBackend(8, ProcessorsOnly = true), EachBackend(16, ProcessorsOnly = true)]
    public void Numbers_are_read_right_in_vectors(Backend backend, int lanes)
    {
        VerifyVectors<StoredInt8>(backend, lanes, Format.Int8);
        VerifyVectors<StoredInt4>(backend, lanes, Format.Int4);
        VerifyVectors<StoredFp8E4M3>(backend, lanes, Format.E4M3);
        VerifyVectors<StoredFp8E5M2>(backend, lanes, Format.E5M2);
    }

    // A norm that leaves numbers as they are. Rows of many lengths, and a scale that leaves points half way between two numbers there.
    [Theory, EachBackend(4, ProcessorsOnly = true), EachBackend(8, ProcessorsOnly = true), EachBackend(16, ProcessorsOnly = true)]
    public void Numbers_are_written_right_in_vectors(Backend backend, int lanes)
    {
        VerifyStores<StoredInt8>(backend, lanes, Format.Int8);
        VerifyStores<StoredFp8E4M3>(backend, lanes, Format.E4M3);
        VerifyStores<StoredFp8E5M2>(backend, lanes, Format.E5M2);
    }

    private static float[] Expected(Format format) => [.. _bytes.SelectMany(bits => Numbers(format, bits))];

    private static IEnumerable<float> Numbers(Format format, byte bits) => format switch
    {
        Format.Int8 => [(sbyte)bits],
        Format.Int4 => [(bits & 15) - 8, (bits >> 4) - 8],
        Format.E4M3 => [(float)Float(bits, 3, 7, (bits & 0x7F) == 0x7F ? double.NaN : null)],
        _ => [(float)Float(bits, 2, 15, (bits & 0x7F) switch { 0x7C => double.PositiveInfinity, > 0x7C => double.NaN, _ => null })],
    };

    private static double Float(byte bits, int fractionBits, int bias, double? special)
    {
        int magnitude = bits & 0x7F;
        int exponent = magnitude >> fractionBits;
        double fraction = (magnitude & ((1 << fractionBits) - 1)) / (double)(1 << fractionBits);
        double value = special ?? (exponent == 0 ? fraction * Math.Pow(2, 1 - bias) : (1 + fraction) * Math.Pow(2, exponent - bias));
        return bits >= 0x80 ? -value : value;
    }

    // The nearest number that the format has, found by trying all; of two the even one.
    private static float Nearest(Format format, float value)
    {
        if (float.IsNaN(value))
            return format is Format.Int8 or Format.Int4 ? 0f : float.NaN;
        if (float.IsInfinity(value) && format is Format.E4M3 or Format.E5M2)
            return format == Format.E4M3 ? float.NaN : value;
        int largest = format switch { Format.Int8 => 127, Format.Int4 => 7, Format.E4M3 => 0x7E, _ => 0x7B };
        double[] numbers = [.. Enumerable.Range(0, largest + 1).Select(bits => format switch
        {
            Format.E4M3 => Float((byte)bits, 3, 7, null),
            Format.E5M2 => Float((byte)bits, 2, 15, null),
            _ => bits,
        })];
        double magnitude = Math.Min(Math.Abs((double)value), numbers[^1]);
        int nearest = Enumerable.Range(0, numbers.Length).OrderBy(bits => Math.Abs(numbers[bits] - magnitude)).ThenBy(bits => bits % 2).First();
        float result = (float)numbers[nearest];
        return float.IsNegative(value) && !(result == 0f && format is Format.Int8 or Format.Int4) ? -result : result;
    }

    // Numbers of the format, points half way between two, and what lies just below and above.
    private static float[] Values(Format format)
    {
        float[] numbers = [.. Enumerable.Range(0, 128).SelectMany(bits => Numbers(format, (byte)bits)).Where(float.IsFinite).Select(Math.Abs).Distinct().Order()];
        IEnumerable<float> middles = numbers.Zip(numbers.Skip(1), (low, high) => (low + high) / 2);
        IEnumerable<float> around = numbers.Concat(middles).SelectMany(number => new[] { number, float.BitIncrement(number), float.BitDecrement(number) });
        return
        [
            .. around.SelectMany(number => new[] { number, -number }),
            449f, 463f, 464f, 465f, 480f, 61439f, 61440f, -61440f, 65536f, 1e30f, -1e30f, 1e-30f, float.Epsilon, float.MaxValue,
            float.PositiveInfinity, float.NegativeInfinity, float.NaN, 0f, -0f,
        ];
    }

    private void Verify<TFormat>(Backend backend, Format format)
        where TFormat : unmanaged, IWritableFormat<TFormat>
    {
        AttentionDevice device = Device(backend);
        int count = _bytes.Length * TFormat.PerUnit;
        float[] values = Values(format);
        using var stored = GuardedTensor<byte>.Of(device, _bytes, [_bytes.Length]);
        using var widened = GuardedTensor<float>.Poisoned(device, [count]);
        using var numbers = GuardedTensor<float>.Of(device, values, [values.Length]);
        using var narrowed = GuardedTensor<byte>.Of(device, new byte[values.Length], [values.Length]);

        device.LoadTileKernel<WidenUnit<TFormat>, UnitArguments<TFormat>>().Run(
            device.DefaultStream, new UnitArguments<TFormat>(stored.View.Data.Cast<TFormat>(), widened.View.Data), count);
        device.LoadTileKernel<NarrowUnit<TFormat>, UnitArguments<TFormat>>().Run(
            device.DefaultStream, new UnitArguments<TFormat>(narrowed.View.Data.Cast<TFormat>(), numbers.View.Data), values.Length);
        device.Synchronize();

        VerifySame(widened.ToArray(), Expected(format));
        TFormat[] units = MemoryMarshal.Cast<byte, TFormat>(narrowed.ToArray()).ToArray();
        VerifySame([.. units.Select(unit => TFormat.Widen(unit, 0))], [.. values.Select(value => Nearest(format, value))]);
        VerifySame([.. units.Select(unit => TFormat.Widen(unit, TFormat.PerUnit - 1))], [.. values.Select(value => Nearest(format, TFormat.PerUnit > 1 ? -value : value))]);
        widened.Verify();
        narrowed.Verify();
    }

    private void VerifyVectors<TFormat>(Backend backend, int lanes, Format format)
        where TFormat : unmanaged, IFormat<TFormat>
    {
        // 0 + 1·x is x. A first call has finite numbers only, a second one all.
        float[] expected = Expected(format);
        var memory = new CallMemory();
        int tokens = memory.Place([.. MemoryMarshal.Cast<byte, float>([.. _bytes, 0, 0, 0])]) * sizeof(float);
        int weight = memory.Place(1f);
        int finite = 100 * TFormat.PerUnit;
        int finiteOutputs = memory.Output(memory.Place(new float[finite]), finite);
        int outputs = memory.Output(memory.Place(new float[expected.Length]), expected.Length);
        int gathered = memory.Output(memory.Place(new float[expected.Length]), expected.Length);
        memory.Call(weight, tokens, finiteOutputs, memory.PlaceOffsets(0), 1, 0, 1, 1, 1, 1, finite);
        memory.Call(weight, tokens, outputs, memory.PlaceOffsets(0), 1, 0, 1, 1, 1, 1, expected.Length);

        float[] after = memory.Run<RowOutputs<TFormat>>(Device(backend), lanes);

        VerifySame(after.AsSpan(finiteOutputs, finite), expected.AsSpan(0, finite));
        VerifySame(after.AsSpan(outputs, expected.Length), [.. expected.Select(number => 0f + number)]);

        var gather = new CallMemory();
        tokens = gather.Place([.. MemoryMarshal.Cast<byte, float>([.. _bytes, 0, 0, 0])]) * sizeof(float);
        gathered = gather.Output(gather.Place(new float[expected.Length]), expected.Length);
        gather.Call(tokens, gathered, gather.PlaceOffsets(0), expected.Length, 1, expected.Length);

        after = gather.Run<GatherRows<TFormat>>(Device(backend), lanes);

        VerifySame(after.AsSpan(gathered, expected.Length), expected);
    }

    private void VerifyStores<TFormat>(Backend backend, int lanes, Format format)
        where TFormat : unmanaged, IWritableFormat<TFormat>
    {
        float[] values = Values(format);
        var memory = new CallMemory();
        int one = memory.Place(1f);
        int zero = memory.Place(0f);
        var calls = new List<(int First, float Scale, int Target)>();
        foreach ((int first, float scale) in new[] { (0, 1f), (1, 4f), (values.Length - 7, 1f), (values.Length - 40, 0.25f), (values.Length - 100, 1f) })
        {
            float[] row = [.. values[first..].Select(value => value * scale)];
            int words = (row.Length + sizeof(float) - 1) / sizeof(float);
            calls.Add((first, scale, memory.Output(memory.Place(new float[words]), words)));
            memory.Call(memory.Place(row), calls[^1].Target * sizeof(float), one, one, one, zero, zero, one, memory.Place(scale), row.Length);
        }

        float[] after = memory.Run<NormQuantize<StoredFp32, NoAffine, TFormat>>(Device(backend), lanes);

        foreach ((int first, float scale, int target) in calls)
        {
            TFormat[] stored = MemoryMarshal.Cast<float, TFormat>(after.AsSpan(target)).ToArray()[..(values.Length - first)];
            VerifySame([.. stored.Select(unit => TFormat.Widen(unit, 0))], [.. values[first..].Select(value => Nearest(format, value * scale / scale))]);
        }
    }

    // Bit for bit, but a NaN is a NaN.
    private static void VerifySame(ReadOnlySpan<float> result, ReadOnlySpan<float> expected)
    {
        for (int index = 0; index < expected.Length; index++)
        {
            if (BitConverter.SingleToInt32Bits(result[index]) != BitConverter.SingleToInt32Bits(expected[index])
                && !(float.IsNaN(result[index]) && float.IsNaN(expected[index])))
                Assert.Fail(string.Create(CultureInfo.InvariantCulture, $"Number {index} is {result[index]:G9}; it must be {expected[index]:G9}."));
        }
    }

    internal readonly record struct UnitArguments<TFormat>(ArrayView<TFormat> Stored, ArrayView<float> Values)
        where TFormat : unmanaged, IFormat<TFormat>;

    internal readonly struct WidenUnit<TFormat> : ITileKernel<UnitArguments<TFormat>>
        where TFormat : unmanaged, IFormat<TFormat>
    {
        public static void Run(UnitArguments<TFormat> arguments, long tile, ArrayView<float> scratch) =>
            arguments.Values[tile] = TFormat.Widen(arguments.Stored[tile / TFormat.PerUnit], (int)(tile % TFormat.PerUnit));
    }

    internal readonly struct NarrowUnit<TFormat> : ITileKernel<UnitArguments<TFormat>>
        where TFormat : unmanaged, IWritableFormat<TFormat>
    {
        public static void Run(UnitArguments<TFormat> arguments, long tile, ArrayView<float> scratch) =>
            arguments.Stored[tile] = TFormat.Narrow(arguments.Values[tile], -arguments.Values[tile]);
    }
}
