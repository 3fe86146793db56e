using ILGPU.Runtime;

namespace AttentionKernels.Devices;

/// <summary>The checks of devices and their streams, and how messages name them.</summary>
internal static class DeviceChecks
{
    /// <summary>The stream to use: the given one, which must be of the device, or the device's default stream.</summary>
    /// <exception cref="ArgumentException">The stream is of another device.</exception>
    /// <exception cref="ObjectDisposedException">The device or the stream is disposed.</exception>
    public static AcceleratorStream Stream(AttentionDevice device, AcceleratorStream? stream)
    {
        device.ThrowIfDisposed();
        return Stream(device.Accelerator, stream, device);
    }

    /// <summary>The stream to use on an accelerator, whichever devices are attached to it.</summary>
    /// <inheritdoc cref="Stream(AttentionDevice, AcceleratorStream?)" path="/exception"/>
    public static AcceleratorStream Stream(Accelerator accelerator, AcceleratorStream? stream, AttentionDevice? device = null)
    {
        if (stream is null)
            return accelerator.DefaultStream;
        if (stream.IsDisposed)
            throw new ObjectDisposedException(nameof(stream), "The stream is disposed.");
        if (stream.Accelerator != accelerator)
        {
            string own = device is null ? accelerator.Name : Own(device);
            throw new ArgumentException(
                $"The stream is of {Other(stream.Accelerator)}; it must be of the device of the operation, {own}.", nameof(stream));
        }

        return stream;
    }

    /// <summary>How a message names the device of an operation.</summary>
    public static string Own(AttentionDevice device) => $"{device.Description.Selector} {device.Description.Name}";

    /// <summary>How a message names another device, which may have the same name.</summary>
    public static string Other(Accelerator? accelerator) =>
        accelerator is null ? "no device" : $"another device, {accelerator.Name}, opened for itself";
}
