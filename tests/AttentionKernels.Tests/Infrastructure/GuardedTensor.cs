using System.Globalization;
using System.Runtime.InteropServices;
using FluentAssertions;
using ILGPU;
using ILGPU.Runtime;
using Xunit;

namespace AttentionKernels.Tests.Infrastructure;

/// <summary>
/// A tensor in the middle of a larger buffer. Guard words lie before and after it, and, where its strides leave gaps, between its elements;
/// they are NaN of a known bit pattern, so that reading them shows in results and writing them shows in <see cref="Verify"/>.
/// </summary>
internal sealed class GuardedTensor<T> : IDisposable
    where T : unmanaged
{
    // 0x7FFF… is a NaN in every floating-point format, and a large number in 32 and 64 bits.
    private const uint GuardPattern = 0x7FFF_DEAD;
    private const uint PoisonPattern = 0x7FFF_B0B0;

    // A multiple of what drivers align buffers to, so that the payload is as aligned as a tensor of its own.
    private const int GuardBytes = 1024;

    private readonly MemoryBuffer1D<T, Stride1D.Dense> _buffer;
    private readonly T[] _initial;
    private readonly bool[] _isPayload;

    private GuardedTensor(AttentionDevice device, TensorShape shape, TensorShape strides, ReadOnlySpan<T> elements, bool poisoned)
    {
        if (!poisoned && elements.Length != shape.ElementCount)
            throw new ArgumentException($"{elements.Length} elements were given; the shape {shape} has {shape.ElementCount}.", nameof(elements));
        int guard = GuardBytes / Marshal.SizeOf<T>();
        int[] offsets = Offsets(shape, strides);
        int extent = offsets.Length == 0 ? 0 : offsets.Max() + 1;
        _initial = new T[guard + extent + guard];
        _isPayload = new bool[_initial.Length];
        Fill(_initial, GuardPattern);
        T[] poison = new T[1];
        Fill(poison, PoisonPattern);
        for (int index = 0; index < offsets.Length; index++)
        {
            _initial[guard + offsets[index]] = poisoned ? poison[0] : elements[index];
            _isPayload[guard + offsets[index]] = true;
        }

        _buffer = device.Accelerator.Allocate1D(_initial);
        View = new TensorView<T>(_buffer.View.AsContiguous().SubView(guard, extent), shape, strides);
    }

    /// <summary>The tensor between the guards.</summary>
    public TensorView<T> View { get; }

    public static implicit operator TensorView<T>(GuardedTensor<T> tensor) => tensor.View;

    /// <summary>A tensor for results: every element is NaN.</summary>
    public static GuardedTensor<T> Poisoned(AttentionDevice device, TensorShape shape, TensorShape? strides = null) =>
        new(device, shape, strides ?? shape.DenseStrides(), [], poisoned: true);

    /// <summary>A tensor that holds <paramref name="elements"/>, last dimension innermost.</summary>
    public static GuardedTensor<T> Of(AttentionDevice device, ReadOnlySpan<T> elements, TensorShape shape, TensorShape? strides = null) =>
        new(device, shape, strides ?? shape.DenseStrides(), elements, poisoned: false);

    /// <summary>One element of the buffer, at an offset from the first element of <see cref="View"/>: what a kernel that strays would reach.</summary>
    public ArrayView<T> Around(int offset) => _buffer.View.AsContiguous().SubView((GuardBytes / Marshal.SizeOf<T>()) + offset, 1);

    /// <summary>The elements, last dimension innermost.</summary>
    public T[] ToArray() => View.ToArray();

    /// <summary>The bytes of the whole buffer, guards included.</summary>
    public byte[] Snapshot() => MemoryMarshal.AsBytes<T>(_buffer.GetAsArray1D()).ToArray();

    /// <summary>Fails unless every byte, guards included, is as in <paramref name="snapshot"/>.</summary>
    public void VerifySameAs(byte[] snapshot) => Snapshot().AsSpan().SequenceEqual(snapshot).Should().BeTrue("no byte may have changed");

    /// <summary>Fails unless every byte, guards included, is as it was when the tensor was made.</summary>
    public void VerifyUnchanged() => VerifySameAs(MemoryMarshal.AsBytes<T>(_initial).ToArray());

    /// <summary>Fails when a guard word or a gap was written.</summary>
    public void Verify()
    {
        T[] now = _buffer.GetAsArray1D();
        int size = Marshal.SizeOf<T>();
        ReadOnlySpan<byte> before = MemoryMarshal.AsBytes<T>(_initial);
        ReadOnlySpan<byte> after = MemoryMarshal.AsBytes<T>(now);
        if (before.SequenceEqual(after))
            return;
        int first = GuardBytes / size;
        for (int index = 0; index < now.Length; index++)
        {
            if (!_isPayload[index] && !before.Slice(index * size, size).SequenceEqual(after.Slice(index * size, size)))
            {
                string place = string.Create(CultureInfo.InvariantCulture,
                    $"The guard word at offset {index - first} of a view of {View.Shape} with strides {View.Strides} was overwritten with {now[index]}.");
                Assert.Fail(place);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _buffer.Dispose();

    private static void Fill(T[] target, uint pattern)
    {
        Span<byte> bytes = MemoryMarshal.AsBytes(target.AsSpan());
        for (int index = 0; index < bytes.Length; index++)
        {
            // The pattern's high half comes last in an element, where little-endian formats have sign and exponent.
            int fromEnd = (Marshal.SizeOf<T>() - 1 - (index % Marshal.SizeOf<T>())) % sizeof(uint);
            bytes[index] = (byte)(pattern >> (8 * (sizeof(uint) - 1 - fromEnd)));
        }
    }

    private static int[] Offsets(TensorShape shape, TensorShape strides)
    {
        int[] offsets = [0];
        for (int dimension = 0; dimension < shape.Rank; dimension++)
        {
            int stride = (int)strides[dimension];
            int extent = (int)shape[dimension];
            offsets = [.. offsets.SelectMany(offset => Enumerable.Range(0, extent).Select(index => offset + (index * stride)))];
        }

        return offsets;
    }
}
