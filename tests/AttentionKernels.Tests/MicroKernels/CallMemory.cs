using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using AttentionKernels.Simd;
using AttentionKernels.Tests.Infrastructure;
using ILGPU;
using ILGPU.Runtime;
using Xunit;

namespace AttentionKernels.Tests.MicroKernels;

/// <summary>
/// One memory with the operands of many calls of a micro-kernel, and the numbers of the calls. Guard words, which are NaN, lie between
/// operands, so that reading them shows in results and writing them is found; the offsets are of every alignment.
/// </summary>
internal sealed class CallMemory
{
    private readonly List<float> _elements = [];
    private readonly List<bool> _isOutput = [];
    private readonly List<int> _numbers = [];
    private readonly List<long> _offsets = [];
    private readonly List<byte> _units = [];

    /// <summary>A guard word: a NaN of a known bit pattern.</summary>
    public static float Guard { get; } = BitConverter.UInt32BitsToSingle(0x7FFF_DEAD);

    /// <summary>The memory before the calls.</summary>
    public float[] Before => [.. _elements];

    /// <summary>Places an operand behind guard words, and returns its offset.</summary>
    public int Place(params IEnumerable<float> elements)
    {
        Add(Enumerable.Repeat(Guard, 3 + (_numbers.Count % 5)));
        int offset = _elements.Count;
        Add(elements);
        return offset;
    }

    /// <summary>Places rows of <paramref name="count"/> normally distributed elements with guard words between them, and returns the first one's offset.</summary>
    public int PlaceRows(int seed, int rows, int stride, int count)
    {
        float[] elements = RandomData.Normal(seed, (rows * stride) + count);
        return Place(Enumerable.Range(0, ((rows - 1) * stride) + count).Select(index => index % stride < count ? elements[index] : Guard));
    }

    /// <summary>Places units of a block format, all of one size in one memory, and returns the offset of the first in units.</summary>
    public int PlaceUnits<TUnit>(TUnit[] units)
        where TUnit : unmanaged
    {
        // A unit whose bits are all set lies between operands, as guard words do.
        _units.AddRange(Enumerable.Repeat(byte.MaxValue, Unsafe.SizeOf<TUnit>()));
        int offset = _units.Count / Unsafe.SizeOf<TUnit>();
        _units.AddRange(MemoryMarshal.AsBytes<TUnit>(units));
        return offset;
    }

    /// <summary>Places a list of offsets, and returns where it begins.</summary>
    public int PlaceOffsets(params IEnumerable<long> offsets)
    {
        int first = _offsets.Count;
        _offsets.AddRange(offsets);
        return first;
    }

    /// <summary>Places the offsets of rows at equal strides.</summary>
    public int PlaceOffsets(int rows, int stride) => PlaceOffsets(Enumerable.Range(0, rows).Select(row => (long)row * stride));

    /// <summary>Allows calls to write these elements.</summary>
    public int Output(int offset, int count)
    {
        for (int index = offset; index < offset + count; index++)
            _isOutput[index] = true;
        return offset;
    }

    /// <summary>Allows calls to write rows of elements, but not what lies between them.</summary>
    public int OutputRows(int offset, int rows, int stride, int count)
    {
        for (int row = 0; row < rows; row++)
            Output(offset + (row * stride), count);
        return offset;
    }

    /// <summary>Adds a call.</summary>
    public void Call(params ReadOnlySpan<int> numbers)
    {
        var row = new int[MicroKernelArguments.NumbersPerCall];
        numbers.CopyTo(row);
        _numbers.AddRange(row);
    }

    /// <summary>Makes calls over a memory, each with a row of numbers, and with lists of offsets.</summary>
    public static void Launch<TMicroKernel>(AttentionDevice device, int lanes, GuardedTensor<float> memory, int[] numbers, long[] offsets)
        where TMicroKernel : struct, IMicroKernel =>
        Launch<TMicroKernel>(device, lanes, memory, numbers, offsets, [0]);

    private static void Launch<TMicroKernel>(
        AttentionDevice device, int lanes, GuardedTensor<float> memory, int[] numbers, long[] offsets, byte[] units)
        where TMicroKernel : struct, IMicroKernel
    {
        switch (lanes)
        {
            case 16:
                Launch<TMicroKernel, Fp32x16>(device, memory, numbers, offsets, units);
                break;
            case 8:
                Launch<TMicroKernel, Fp32x8>(device, memory, numbers, offsets, units);
                break;
            default:
                Launch<TMicroKernel, Fp32x4>(device, memory, numbers, offsets, units);
                break;
        }
    }

    /// <summary>Makes all calls, verifies that nothing but outputs was written, and returns the memory.</summary>
    public float[] Run<TMicroKernel>(AttentionDevice device, int lanes)
        where TMicroKernel : struct, IMicroKernel
    {
        Add(Enumerable.Repeat(Guard, 3));
        float[] before = Before;
        using var memory = GuardedTensor<float>.Of(device, before, [before.Length]);
        Launch<TMicroKernel>(device, lanes, memory, [.. _numbers], [.. _offsets], [.. _units, 0]);
        memory.Verify();
        float[] after = memory.ToArray();
        for (int index = 0; index < before.Length; index++)
        {
            if (!_isOutput[index] && BitConverter.SingleToInt32Bits(after[index]) != BitConverter.SingleToInt32Bits(before[index]))
                Assert.Fail(string.Create(CultureInfo.InvariantCulture, $"Element {index}, which is no output, was {before[index]:G9} and is {after[index]:G9}."));
        }

        return after;
    }

    private static void Launch<TMicroKernel, TVector>(
        AttentionDevice device, GuardedTensor<float> memory, int[] numbers, long[] offsets, byte[] units)
        where TMicroKernel : struct, IMicroKernel
        where TVector : struct, IVector<TVector>
    {
        using Tensor<int> uploaded = device.Upload(numbers, [numbers.Length]);
        using Tensor<long> uploadedOffsets = device.Upload(offsets, [offsets.Length]);

        // Not a tensor of bytes, which begins anywhere in its buffer: a view's cast counts from there.
        using MemoryBuffer1D<byte, Stride1D.Dense> uploadedUnits = device.Accelerator.Allocate1D(units);
        var arguments = new MicroKernelArguments(
            memory.View.Data, uploaded.View.Data, uploadedOffsets.View.Data, uploadedUnits.View.BaseView);
        device.LoadTileKernel<MicroKernelCalls<TMicroKernel, TVector>, MicroKernelArguments>().Run(
            device.DefaultStream, arguments, numbers.Length / MicroKernelArguments.NumbersPerCall);
        device.Synchronize();
    }

    private void Add(IEnumerable<float> elements)
    {
        _elements.AddRange(elements);
        while (_isOutput.Count < _elements.Count)
            _isOutput.Add(false);
    }
}
