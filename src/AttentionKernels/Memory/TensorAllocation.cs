using AttentionKernels.Devices;
using ILGPU.Runtime;

namespace AttentionKernels;

/// <summary>Allocates tensors on a device.</summary>
public static class TensorAllocation
{
    /// <summary>Allocates a tensor; its content is undefined.</summary>
    /// <typeparam name="T">The element type.</typeparam>
    /// <param name="device">The device.</param>
    /// <param name="shape">The shape; extents of 0 are legal.</param>
    /// <returns>The tensor; the caller disposes it.</returns>
    /// <exception cref="ArgumentException">An extent is negative.</exception>
    /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
    /// <exception cref="ObjectDisposedException">The device is disposed.</exception>
    public static Tensor<T> Allocate<T>(this AttentionDevice device, TensorShape shape)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(device);
        device.ThrowIfDisposed();
        foreach (long extent in shape)
        {
            if (extent < 0)
                throw new ArgumentException($"The shape {shape} has a negative extent.", nameof(shape));
        }

        try
        {
            return new Tensor<T>(device, shape);
        }
        catch (Exception exception) when (exception is AcceleratorException or OutOfMemoryException or OverflowException)
        {
            throw new DeviceMemoryException(
                $"A tensor of shape {shape} of {typeof(T).Name} could not be allocated on {device.Description.Name}: {DriverError.Describe(exception)}", exception);
        }
    }

    /// <summary>Allocates a tensor and copies host elements into it.</summary>
    /// <typeparam name="T">The element type.</typeparam>
    /// <param name="device">The device.</param>
    /// <param name="elements">The elements, last dimension innermost.</param>
    /// <param name="shape">The shape.</param>
    /// <returns>The tensor; the caller disposes it.</returns>
    /// <exception cref="ArgumentException">An extent is negative, or the number of elements differs from the shape's.</exception>
    /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
    /// <exception cref="ObjectDisposedException">The device is disposed.</exception>
    public static Tensor<T> Upload<T>(this AttentionDevice device, ReadOnlySpan<T> elements, TensorShape shape)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(device);
        if (elements.Length != shape.ElementCount)
            throw new ArgumentException($"{elements.Length} elements were given; the shape {shape} has {shape.ElementCount}.", nameof(elements));
        Tensor<T> tensor = device.Allocate<T>(shape);
        tensor.CopyFrom(elements);
        return tensor;
    }

    /// <inheritdoc cref="Upload{T}(AttentionDevice, ReadOnlySpan{T}, TensorShape)"/>
    public static Tensor<T> Upload<T>(this AttentionDevice device, T[] elements, TensorShape shape)
        where T : unmanaged =>
        Upload(device, (ReadOnlySpan<T>)elements, shape);
}

/// <summary>A device, or the page-locked host memory beside it, has not enough room for an allocation. Nothing was allocated.</summary>
public sealed class DeviceMemoryException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What was to be allocated, and where.</param>
    /// <param name="innerException">The driver's own error, if there was one.</param>
    public DeviceMemoryException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
