using AttentionKernels.Devices;
using ILGPU;
using ILGPU.Runtime;

namespace AttentionKernels.Tensors;

/// <summary>
/// The checks that every operation makes before anything is launched. Each throws a typed exception that names the argument, what it was
/// and what it must be.
/// </summary>
internal static class TensorChecks
{
    /// <summary>An input: usable on the device, of the expected shape, consecutive in the last dimension.</summary>
    public static void Input<T>(AttentionDevice device, TensorView<T> view, TensorShape expected, string name)
        where T : unmanaged
    {
        Usable(device, view, name);
        Shape(view, expected, name);
        InnerDense(view, name);
    }

    /// <summary>An output: as an input, and no two of its elements share a place.</summary>
    public static void Output<T>(AttentionDevice device, TensorView<T> view, TensorShape expected, string name)
        where T : unmanaged
    {
        Input(device, view, expected, name);
        Writable(view, name);
    }

    /// <summary>The device is open, and the view's memory is alive and on it.</summary>
    public static void Usable<T>(AttentionDevice device, TensorView<T> view, string name)
        where T : unmanaged
    {
        device.ThrowIfDisposed();
        MemoryBuffer? buffer = Buffer(view.Data);
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
    public static void Alive<T>(TensorView<T> view)
        where T : unmanaged
    {
        MemoryBuffer buffer = Buffer(view.Data)
            ?? throw new InvalidOperationException(
                "The view is a default value, without memory; it must be a view of a tensor or of an ILGPU buffer.");
        if (buffer.IsDisposed)
            throw new ObjectDisposedException(nameof(view), $"The memory of a view of shape {view.Shape} is disposed.");
    }

    /// <summary>The rank, and extents that kernels can count: not negative, and within 32 bits each.</summary>
    public static void Extents(TensorShape shape, int rank, string name, string meaning)
    {
        if (shape.Rank != rank)
            throw new ArgumentException($"The shape of '{name}' is {shape}, of rank {shape.Rank}; it must be {meaning}.", name);
        foreach (long extent in shape)
        {
            if (extent is < 0 or > int.MaxValue)
                throw new ArgumentException($"The shape of '{name}' is {shape}; every extent must be from 0 to {int.MaxValue}.", name);
        }
    }

    /// <summary>Exactly the expected shape.</summary>
    public static void Shape<T>(TensorView<T> view, TensorShape expected, string name)
        where T : unmanaged
    {
        if (view.Shape != expected)
            throw new ArgumentException($"The shape of '{name}' is {view.Shape}; it must be {expected}.", name);
    }

    /// <summary>Consecutive elements in the last dimension.</summary>
    public static void InnerDense<T>(TensorView<T> view, string name)
        where T : unmanaged
    {
        if (view.Shape.Rank > 0 && view.Shape[^1] > 1 && view.Strides[^1] != 1)
            throw new ArgumentException($"The strides of '{name}' are {view.Strides}; the last must be 1.", name);
    }

    /// <summary>Consecutive elements in all dimensions.</summary>
    public static void Dense<T>(TensorView<T> view, string name)
        where T : unmanaged
    {
        if (!view.IsDense)
            throw new ArgumentException($"The tensor '{name}' has shape {view.Shape} and strides {view.Strides}; it must be dense.", name);
    }

    /// <summary>No two elements share a place: from the smallest stride on, each is at least what the smaller dimensions span.</summary>
    public static void Writable<T>(TensorView<T> view, string name)
        where T : unmanaged
    {
        if (view.ElementCount == 0)
            return;
        Span<(long Stride, long Extent)> dimensions = stackalloc (long, long)[TensorShape.MaximumRank];
        long span = 1;
        foreach ((long stride, long extent) in ByStride(view, dimensions))
        {
            if (stride < span)
            {
                throw new ArgumentException(
                    $"The strides of '{name}' are {view.Strides} for the shape {view.Shape}; elements of an output must not share memory.",
                    name);
            }

            span += (extent - 1) * stride;
        }
    }

    /// <summary>
    /// An output, found writable before, and another tensor share no element. Exact for two dense views and for two of the same shape and
    /// strides, such as interleaved parts of one buffer; other views with gaps are taken at their word.
    /// </summary>
    public static void Disjoint<TOutput, TOther>(TensorView<TOutput> output, string outputName, TensorView<TOther> other, string otherName)
        where TOutput : unmanaged
        where TOther : unmanaged
    {
        if (output.ElementCount == 0 || other.ElementCount == 0 || Buffer(output.Data) != Buffer(other.Data))
            return;
        long outputStart = output.Data.LoadEffectiveAddressAsPtr();
        long otherStart = other.Data.LoadEffectiveAddressAsPtr();
        int outputSize = Interop.SizeOf<TOutput>();
        int otherSize = Interop.SizeOf<TOther>();
        bool overlap = false;
        if (output.IsDense && other.IsDense)
        {
            overlap = outputStart < otherStart + (other.ElementCount * otherSize)
                && otherStart < outputStart + (output.ElementCount * outputSize);
        }
        else if (outputSize == otherSize && output.Shape == other.Shape && output.Strides == other.Strides)
        {
            Span<(long Stride, long Extent)> dimensions = stackalloc (long, long)[TensorShape.MaximumRank];
            overlap = Meet(Math.Abs(outputStart - otherStart) / outputSize, ByStride(output, dimensions));
        }

        if (overlap)
            throw new ArgumentException($"The tensor '{outputName}' overlaps '{otherName}'; it must have memory of its own.", outputName);
    }

    /// <summary>An output is either exactly another tensor, for work in place, or does not overlap it.</summary>
    public static void DisjointOrSame<T>(TensorView<T> output, string outputName, TensorView<T> other, string otherName)
        where T : unmanaged
    {
        bool same = output.ElementCount > 0 && Buffer(output.Data) == Buffer(other.Data)
            && output.Data.LoadEffectiveAddressAsPtr() == other.Data.LoadEffectiveAddressAsPtr()
            && output.Shape == other.Shape && output.Strides == other.Strides;
        if (!same)
            Disjoint(output, outputName, other, otherName);
    }

    /// <summary>The stream to use for a copy of a view, whose memory must be alive.</summary>
    /// <exception cref="InvalidOperationException">The view has no memory.</exception>
    public static AcceleratorStream Stream<T>(TensorView<T> view, AcceleratorStream? stream)
        where T : unmanaged
    {
        Alive(view);
        return DeviceChecks.Stream(view.Data.GetAccelerator(), stream);
    }

    /// <summary>The memory under a view; a default view has none, whatever the interface's annotation says.</summary>
    public static MemoryBuffer? Buffer<TView>(TView view)
        where TView : struct, IArrayView =>
        view.Buffer; // constrained, so that the view is not boxed

    // The dimensions of more than one index, the smallest stride first.
    private static Span<(long Stride, long Extent)> ByStride<T>(TensorView<T> view, Span<(long Stride, long Extent)> dimensions)
        where T : unmanaged
    {
        int count = 0;
        for (int dimension = 0; dimension < view.Shape.Rank; dimension++)
        {
            if (view.Shape[dimension] > 1)
                dimensions[count++] = (view.Strides[dimension], view.Shape[dimension]);
        }

        dimensions = dimensions[..count];
        dimensions.Sort(static (left, right) => left.Stride.CompareTo(right.Stride));
        return dimensions;
    }

    // Whether two writable views of these dimensions, one some elements after the other, have an element in common. The smaller dimensions
    // span less than a stride of the largest, so its two multiples about the distance are all that can bridge it.
    private static bool Meet(long distance, ReadOnlySpan<(long Stride, long Extent)> dimensions)
    {
        if (dimensions.IsEmpty)
            return distance == 0;
        (long stride, long extent) = dimensions[^1];
        (long steps, long rest) = Math.DivRem(distance, stride);
        return (steps < extent && Meet(rest, dimensions[..^1])) || (steps < extent - 1 && Meet(stride - rest, dimensions[..^1]));
    }
}
