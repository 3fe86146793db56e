using System.Globalization;
using System.Runtime.InteropServices;
using AttentionKernels.Formats;
using AttentionKernels.MicroKernels;
using AttentionKernels.Tests.Infrastructure;
using AttentionKernels.Tests.MicroKernels;
using ILGPU;
using Xunit;

using Half = System.Half;

namespace AttentionKernels.Tests.Formats;

/// <summary>Every stored number becomes the fp32 number that it is, on every path that reads it, and fp32 numbers become the nearest stored one.</summary>
[Trait("Speed", "Quick")]
public class StoredElementTests(TestDevices devices) : DeviceTests(devices)
{
    // All bit patterns, and some again, so that rows end with less than a vector.
    private static readonly ushort[] _patterns = [.. Enumerable.Range(0, ushort.MaxValue + 1 + 21).Select(pattern => (ushort)pattern)];

    // All fp16 numbers and points half way between two, just below and just above; and the same of bf16.
    private static readonly float[] _values =
    [
        .. Enumerable.Range(0, 0x7C00).Select(bits => (float)BitConverter.UInt16BitsToHalf((ushort)bits)).SelectMany(Around),
        .. Enumerable.Range(0, 0x7F80).Select(bits => BitConverter.UInt32BitsToSingle((uint)bits << 16)).SelectMany(Around),
        65519.996f, 65520f, -65520f, 1e30f, float.MaxValue, float.PositiveInfinity, float.NegativeInfinity, float.NaN, -0f,
    ];

    [Theory, EachBackend]
    public void Half_precision_is_read_and_written_right(Backend backend) => Verify<Half, StoredFp16>(backend, StoredType.Float16);

    [Theory, EachBackend]
    public void Bfloat16_is_read_and_written_right(Backend backend) => Verify<BFloat16, StoredBf16>(backend, StoredType.BFloat16);

    [Theory, EachBackend(4, ProcessorsOnly = true), EachBackend(8, ProcessorsOnly = true), EachBackend(16, ProcessorsOnly = true)]
    public void Half_precision_is_read_right_in_vectors(Backend backend, int lanes) => VerifyVectors<Half, StoredFp16>(backend, lanes, StoredType.Float16);

    [Theory, EachBackend(4, ProcessorsOnly = true), EachBackend(8, ProcessorsOnly = true), EachBackend(16, ProcessorsOnly = true)]
    public void Bfloat16_is_read_right_in_vectors(Backend backend, int lanes) => VerifyVectors<BFloat16, StoredBf16>(backend, lanes, StoredType.BFloat16);

    [Theory, EachBackend(ProcessorsOnly = true)]
    public void Half_precision_is_read_and_written_right_in_rows(Backend backend) => VerifyRows<Half, StoredFp16>(backend, StoredType.Float16);

    [Theory, EachBackend(ProcessorsOnly = true)]
    public void Bfloat16_is_read_and_written_right_in_rows(Backend backend) => VerifyRows<BFloat16, StoredBf16>(backend, StoredType.BFloat16);

    // A number, and what lies before, at and behind the middle to the next one of 10 and of 7 bits of fraction; both signs.
    private static IEnumerable<float> Around(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        foreach (uint middle in new uint[] { 0, 0x0FFF, 0x1000, 0x1001, 0x7FFF, 0x8000, 0x8001 })
        {
            yield return BitConverter.UInt32BitsToSingle(bits + middle);
            yield return -BitConverter.UInt32BitsToSingle(bits + middle);
        }
    }

    private void Verify<T, TElement>(Backend backend, StoredType<T> type)
        where T : unmanaged
        where TElement : unmanaged, IElement<TElement> =>
        Verify<T, TElement, WidenElement<TElement>, NarrowElement<TElement>>(backend, type, _patterns.Length, _values.Length, factor: 1f);

    private void VerifyRows<T, TElement>(Backend backend, StoredType<T> type)
        where T : unmanaged
        where TElement : unmanaged, IElement<TElement> =>
        Verify<T, TElement, WidenRow<TElement>, NarrowRow<TElement>>(backend, type, 1, 1, factor: 0.5f);

    // Numbers are narrowed after they are multiplied by the factor.
    private void Verify<T, TElement, TWiden, TNarrow>(Backend backend, StoredType<T> type, int widenTiles, int narrowTiles, float factor)
        where T : unmanaged
        where TElement : unmanaged, IElement<TElement>
        where TWiden : struct, ITileKernel<ElementArguments<TElement>>
        where TNarrow : struct, ITileKernel<ElementArguments<TElement>>
    {
        AttentionDevice device = Device(backend);
        T[] patterns = MemoryMarshal.Cast<ushort, T>(_patterns).ToArray();
        using var stored = GuardedTensor<T>.Of(device, patterns, [patterns.Length]);
        using var widened = GuardedTensor<float>.Poisoned(device, [patterns.Length]);
        using var values = GuardedTensor<float>.Of(device, _values, [_values.Length]);
        using var narrowed = GuardedTensor<T>.Poisoned(device, [_values.Length]);

        device.LoadTileKernel<TWiden, ElementArguments<TElement>>().Run(
            device.DefaultStream, new ElementArguments<TElement>(stored.View.Data.Cast<TElement>(), widened.View.Data), widenTiles);
        device.LoadTileKernel<TNarrow, ElementArguments<TElement>>().Run(
            device.DefaultStream, new ElementArguments<TElement>(narrowed.View.Data.Cast<TElement>(), values.View.Data), narrowTiles);
        device.Synchronize();

        VerifySame(widened.ToArray(), type.Load(patterns));
        VerifySame(type.Load(narrowed.ToArray()), type.Round(Array.ConvertAll(_values, value => factor * value)));
        widened.Verify();
        narrowed.Verify();
        stored.VerifyUnchanged();
        values.VerifyUnchanged();
    }

    private void VerifyVectors<T, TElement>(Backend backend, int lanes, StoredType<T> type)
        where T : unmanaged
        where TElement : unmanaged, IElement<TElement>
    {
        // 0 + 1·x is x.
        var memory = new CallMemory();
        int count = _patterns.Length;
        int tokens = memory.Place([.. MemoryMarshal.Cast<ushort, float>([.. _patterns, 0])]) * 2;
        int weight = memory.Place(1f);
        int outputs = memory.Output(memory.Place(new float[count]), count);
        memory.Call(weight, tokens, outputs, memory.PlaceOffsets(0), 1, count, 1, 1, 1, 1, count);

        float[] after = memory.Run<RowOutputs<TElement>>(Device(backend), lanes);

        VerifySame(after.AsSpan(outputs, count), [.. type.Load(MemoryMarshal.Cast<ushort, T>(_patterns).ToArray()).Select(number => 0f + number)]);
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

    internal readonly record struct ElementArguments<TElement>(ArrayView<TElement> Stored, ArrayView<float> Values)
        where TElement : unmanaged, IElement<TElement>;

    internal readonly struct WidenElement<TElement> : ITileKernel<ElementArguments<TElement>>
        where TElement : unmanaged, IElement<TElement>
    {
        public static void Run(ElementArguments<TElement> arguments, long tile, ArrayView<float> scratch) =>
            arguments.Values[tile] = TElement.Widen(arguments.Stored[tile]);
    }

    internal readonly struct NarrowElement<TElement> : ITileKernel<ElementArguments<TElement>>
        where TElement : unmanaged, IElement<TElement>
    {
        public static void Run(ElementArguments<TElement> arguments, long tile, ArrayView<float> scratch) =>
            arguments.Stored[tile] = TElement.Narrow(arguments.Values[tile]);
    }

    internal readonly struct WidenRow<TElement> : ITileKernel<ElementArguments<TElement>>
        where TElement : unmanaged, IElement<TElement>
    {
        public static void Run(ElementArguments<TElement> arguments, long tile, ArrayView<float> scratch) =>
            StoredRow<TElement>.Widen(arguments.Stored, arguments.Values, (int)arguments.Stored.Length);
    }

    internal readonly struct NarrowRow<TElement> : ITileKernel<ElementArguments<TElement>>
        where TElement : unmanaged, IElement<TElement>
    {
        public static void Run(ElementArguments<TElement> arguments, long tile, ArrayView<float> scratch) =>
            StoredRow<TElement>.Narrow(arguments.Values, 0.5f, arguments.Stored, (int)arguments.Stored.Length);
    }
}
