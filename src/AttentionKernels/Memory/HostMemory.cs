using AttentionKernels.Devices;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.OpenCL;

namespace AttentionKernels.Memory;

/// <summary>Page-locked host memory, and copies between it and device memory.</summary>
/// <remarks>
/// ILGPU's own copy takes the length of the whole host buffer for that of the view where the device is OpenCL's, and writes beyond.
/// </remarks>
internal static class HostMemory
{
    /// <summary>Allocates host memory that the device can reach; at least one element, since drivers refuse empty memory.</summary>
    /// <exception cref="DeviceMemoryException">There is not enough memory.</exception>
    public static CPUMemoryBuffer Allocate<T>(AttentionDevice device, long length)
        where T : unmanaged
    {
        try
        {
            return CPUMemoryBuffer.CreatePageLocked(device.Accelerator, Math.Max(1, length), Interop.SizeOf<T>());
        }
        catch (Exception exception)
        {
            throw new DeviceMemoryException(
                $"{length * Interop.SizeOf<T>():N0} bytes of page-locked host memory could not be allocated: {DriverError.Describe(exception)}", exception);
        }
    }

    /// <summary>Queues a copy of host memory to device memory of the same length.</summary>
    public static unsafe void ToDevice<T>(AcceleratorStream stream, ArrayView<T> host, ArrayView<T> device)
        where T : unmanaged
    {
        if (stream is CLStream queue)
        {
            CLException.ThrowIfFailed(CLAPI.CurrentAPI.WriteBuffer(
                queue, Buffer(device), false, Start(device), (nint)device.LengthInBytes, host.LoadEffectiveAddressAsPtr()));
        }
        else
        {
            device.CopyFrom(stream, host);
        }
    }

    /// <summary>Queues a copy of device memory to host memory of the same length.</summary>
    public static unsafe void ToHost<T>(AcceleratorStream stream, ArrayView<T> device, ArrayView<T> host)
        where T : unmanaged
    {
        if (stream is CLStream queue)
        {
            CLException.ThrowIfFailed(CLAPI.CurrentAPI.ReadBuffer(
                queue, Buffer(device), false, Start(device), (nint)device.LengthInBytes, host.LoadEffectiveAddressAsPtr()));
        }
        else
        {
            host.CopyFrom(stream, device);
        }
    }

    // Constrained, so that the view is not boxed for its interface.
    private static nint Buffer<TView>(TView view)
        where TView : struct, IArrayView => view.Buffer.NativePtr;

    private static nint Start<TView>(TView view)
        where TView : struct, IContiguousArrayView => (nint)view.IndexInBytes;
}
