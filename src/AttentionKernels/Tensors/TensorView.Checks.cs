using AttentionKernels.Devices;
using AttentionKernels.Tensors;
using ILGPU;
using ILGPU.Runtime;

namespace AttentionKernels;

// The checks that every operation makes before anything is launched. Each throws a typed exception that names the argument, what it was and
// what it must be.
public readonly partial struct TensorView<T>
{
    /// <summary>An input: usable on the device, of the expected shape, consecutive in the last dimension.</summary>
    internal void CheckInput(AttentionDevice device, TensorShape expected, string name)
    {
        CheckUsable(device, name);
        CheckShape(expected, name);
        CheckInnerDense(name);
    }

    /// <summary>An output: as an input, and no two of its elements share a place.</summary>
    internal void CheckOutput(AttentionDevice device, TensorShape expected, string name)
    {
        CheckInput(device, expected, name);
        CheckWritable(name);
    }

    /// <summary>The device is open, and the view's memory is alive and on it.</summary>
    internal void CheckUsable(AttentionDevice device, string name)
    {
        device.ThrowIfDisposed();
        MemoryBuffer? buffer = TensorChecks.Buffer(Data);
        if (buffer is null)
            throw new ArgumentException($"The tensor '{name}' has no memory; it must be a view of a tensor or of an ILGPU buffer.", name);
        if (buffer.IsDisposed)
            throw new ObjectDisposedException(name, $"The memory of the tensor '{name}' is disposed.");
        if (buffer.Accelerator != device.Accelerator)
        {
            string other = DeviceChecks.Other(buffer.Accelerator);
            throw new ArgumentException(
                $"The tensor '{name}' is on {other}; it must be on the device of the operation, {DeviceChecks.Own(device)}.", name);
        }
    }

    /// <summary>The view has memory, which is alive.</summary>
    /// <exception cref="InvalidOperationException">It has none.</exception>
    internal void CheckAlive()
    {
        MemoryBuffer buffer = TensorChecks.Buffer(Data)
            ?? throw new InvalidOperationException(
                "The view is a default value, without memory; it must be a view of a tensor or of an ILGPU buffer.");
        if (buffer.IsDisposed)
            throw new ObjectDisposedException("view", $"The memory of a view of shape {Shape} is disposed.");
    }

    /// <summary>Exactly the expected shape.</summary>
    internal void CheckShape(TensorShape expected, string name)
    {
        if (Shape != expected)
            throw new ArgumentException($"The shape of '{name}' is {Shape}; it must be {expected}.", name);
    }

    /// <summary>Consecutive elements in the last dimension.</summary>
    internal void CheckInnerDense(string name)
    {
        if (Shape.Rank > 0 && Shape[^1] > 1 && Strides[^1] != 1)
            throw new ArgumentException($"The strides of '{name}' are {Strides}; the last must be 1.", name);
    }

    /// <summary>Consecutive elements in all dimensions.</summary>
    internal void CheckDense(string name)
    {
        if (!IsDense)
            throw new ArgumentException($"The tensor '{name}' has shape {Shape} and strides {Strides}; it must be dense.", name);
    }

    /// <summary>No two elements share a place: from the smallest stride on, each is at least what the smaller dimensions span.</summary>
    internal void CheckWritable(string name)
    {
        if (ElementCount == 0)
            return;
        Span<(long Stride, long Extent)> dimensions = stackalloc (long, long)[TensorShape.MaximumRank];
        if (!TensorChecks.AreNested(Footprint.ByStride(Shape, Strides, dimensions)))
        {
            throw new ArgumentException(
                $"The strides of '{name}' are {Strides} for the shape {Shape}; elements of an output must not share memory.", name);
        }
    }

    /// <summary>The memory of the view's elements.</summary>
    internal Footprint Footprint => new(TensorChecks.Buffer(Data), Data.Cast<byte>(), Interop.SizeOf<T>(), Shape, Strides);

    /// <inheritdoc cref="Footprint.CheckDisjoint"/>
    internal void CheckDisjoint(string name, in Footprint other, string otherName) => Footprint.CheckDisjoint(name, other, otherName);

    /// <summary>An output is either exactly another tensor, for work in place, or does not overlap it.</summary>
    internal void CheckDisjointOrSame(string name, TensorView<T> other, string otherName)
    {
        bool same = ElementCount > 0 && TensorChecks.Buffer(Data) == TensorChecks.Buffer(other.Data)
            && Data.LoadEffectiveAddressAsPtr() == other.Data.LoadEffectiveAddressAsPtr()
            && Shape == other.Shape && Strides == other.Strides;
        if (!same)
            CheckDisjoint(name, other.Footprint, otherName);
    }

    /// <summary>The stream to use for a copy of a view, whose memory must be alive.</summary>
    /// <exception cref="InvalidOperationException">The view has no memory.</exception>
    internal AcceleratorStream CheckedStream(AcceleratorStream? stream)
    {
        CheckAlive();
        return DeviceChecks.Stream(Data.GetAccelerator(), stream);
    }
}
