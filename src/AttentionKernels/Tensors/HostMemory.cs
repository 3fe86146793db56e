using AttentionKernels.Drivers;
using AttentionKernels.Streams;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.OpenCL;

namespace AttentionKernels.Tensors;

/// <summary>Page-locked host memory, and copies between host and device memory, ordered as all work is (<see cref="WorkOrder"/>).</summary>
/// <typeparam name="T">The element type.</typeparam>
internal static class HostMemory<T>
    where T : unmanaged
{
    /// <summary>Allocates host memory that the device can reach; at least one element, since drivers refuse empty memory.</summary>
    /// <exception cref="DeviceMemoryException">There is not enough memory.</exception>
    public static CPUMemoryBuffer Allocate(AttentionDevice device, long length) => Allocate(device.Accelerator, length);

    /// <inheritdoc cref="Allocate(AttentionDevice, long)"/>
    public static CPUMemoryBuffer Allocate(Accelerator accelerator, long length)
    {
        using WorkOrder.Hold hold = WorkOrder.Of(accelerator).KeepOpen();
        try
        {
            return CPUMemoryBuffer.CreatePageLocked(accelerator, Math.Max(1, length), Interop.SizeOf<T>());
        }
        catch (Exception exception)
        {
            throw new DeviceMemoryException(
                $"{length * Interop.SizeOf<T>():N0} bytes of page-locked host memory could not be allocated: " +
                DriverError.Describe(exception), exception);
        }
    }

    /// <summary>Queues a copy of host memory, which must stay where it is, to device memory of the same length.</summary>
    /// <exception cref="DeviceFailedException">The driver refuses the copy.</exception>
    /// <exception cref="ObjectDisposedException">The memory is disposed.</exception>
    public static void ToDevice(AcceleratorStream stream, ArrayView<T> host, ArrayView<T> device)
    {
        using StreamWork work = WorkOrder.Of(stream.Accelerator).Begin(stream);
        work.UsesView(host, writes: false);
        work.UsesView(device, writes: true);
        work.Start();
        QueueToDevice(stream, host, device);
    }

    /// <summary>Queues a copy of device memory to host memory of the same length, which must stay where it is.</summary>
    /// <inheritdoc cref="ToDevice" path="/exception"/>
    public static void ToHost(AcceleratorStream stream, ArrayView<T> device, ArrayView<T> host)
    {
        using StreamWork work = WorkOrder.Of(stream.Accelerator).Begin(stream);
        work.UsesView(device, writes: false);
        work.UsesView(host, writes: true);
        work.Start();
        QueueToHost(stream, device, host);
    }

    /// <summary>Copies from the host, and waits.</summary>
    /// <inheritdoc cref="ToDevice" path="/exception"/>
    public static unsafe void CopyToDevice(AcceleratorStream stream, ReadOnlySpan<T> host, ArrayView<T> device)
    {
        fixed (T* start = host)
        {
            using var pinned = CPUMemoryBuffer.Create(stream.Accelerator, (nint)start, host.Length, Interop.SizeOf<T>());
            ToDevice(stream, pinned.AsArrayView<T>(0, host.Length), device);
            WorkOrder.Of(stream.Accelerator).Of(stream).Wait();
        }
    }

    /// <summary>Copies to the host, and waits.</summary>
    /// <inheritdoc cref="ToDevice" path="/exception"/>
    public static unsafe void CopyToHost(AcceleratorStream stream, ArrayView<T> device, Span<T> host)
    {
        fixed (T* start = host)
        {
            using var pinned = CPUMemoryBuffer.Create(stream.Accelerator, (nint)start, host.Length, Interop.SizeOf<T>());
            ToHost(stream, device, pinned.AsArrayView<T>(0, host.Length));
            WorkOrder.Of(stream.Accelerator).Of(stream).Wait();
        }
    }

    /// <summary>Copies from the host by way of page-locked memory, since drivers hold up the caller for any other.</summary>
    /// <exception cref="DeviceMemoryException">There is not enough page-locked memory.</exception>
    /// <inheritdoc cref="ToDevice" path="/exception"/>
    public static Task CopyToDeviceAsync(AcceleratorStream stream, ReadOnlySpan<T> host, ArrayView<T> device)
    {
        CPUMemoryBuffer staging = Allocate(stream.Accelerator, host.Length);
        host.CopyTo(Elements(staging, host.Length));
        return CopyAsync(stream, staging, staging.AsArrayView<T>(0, device.Length), device, QueueToDevice, static () => { });
    }

    /// <summary>Copies to page-locked memory, and gives that to whoever wants the elements.</summary>
    /// <inheritdoc cref="CopyToDeviceAsync" path="/exception"/>
    public static Task CopyToHostAsync(AcceleratorStream stream, ArrayView<T> device, Action<ReadOnlySpan<T>> take)
    {
        CPUMemoryBuffer staging = Allocate(stream.Accelerator, device.Length);
        ArrayView<T> host = staging.AsArrayView<T>(0, device.Length);
        return CopyAsync(stream, staging, device, host, QueueToHost, () => take(Elements(staging, (int)device.Length)));
    }

    /// <summary>Queues a copy of host memory inside work that has begun.</summary>
    /// <remarks>ILGPU's own copy takes the length of the whole host buffer for that of the view where the device is OpenCL's.</remarks>
    /// <exception cref="DeviceFailedException">The driver refuses the copy.</exception>
    public static unsafe void QueueToDevice(AcceleratorStream stream, ArrayView<T> host, ArrayView<T> device) =>
        Queue(stream, host, device, "A copy from the host to the device", static (stream, host, device) =>
        {
            if (stream is CLStream queue)
            {
                CLException.ThrowIfFailed(CLAPI.CurrentAPI.WriteBuffer(
                    queue, Memory(device), false, Start(device), (nint)device.LengthInBytes, host.LoadEffectiveAddressAsPtr()));
            }
            else
            {
                device.CopyFrom(stream, host);
            }
        });

    /// <summary>Queues a copy to host memory inside work that has begun.</summary>
    /// <inheritdoc cref="QueueToDevice" path="/remarks"/>
    /// <inheritdoc cref="QueueToDevice" path="/exception"/>
    public static unsafe void QueueToHost(AcceleratorStream stream, ArrayView<T> device, ArrayView<T> host) =>
        Queue(stream, device, host, "A copy from the device to the host", static (stream, device, host) =>
        {
            if (stream is CLStream queue)
            {
                CLException.ThrowIfFailed(CLAPI.CurrentAPI.ReadBuffer(
                    queue, Memory(device), false, Start(device), (nint)device.LengthInBytes, host.LoadEffectiveAddressAsPtr()));
            }
            else
            {
                host.CopyFrom(stream, device);
            }
        });

    /// <summary>Queues a copy within the device inside work that has begun.</summary>
    /// <inheritdoc cref="QueueToDevice" path="/exception"/>
    public static void QueueOnDevice(AcceleratorStream stream, ArrayView<T> source, ArrayView<T> target) =>
        Queue(stream, source, target, "A copy on the device", static (stream, source, target) => target.CopyFrom(stream, source));

    /// <summary>The host's elements of page-locked memory.</summary>
    public static unsafe Span<T> Elements(CPUMemoryBuffer memory, int length) => new((void*)memory.NativePtr, length);

    // The copy captures nothing, so that queueing allocates nothing.
    private static void Queue(
        AcceleratorStream stream, ArrayView<T> source, ArrayView<T> target, string what,
        Action<AcceleratorStream, ArrayView<T>, ArrayView<T>> copy)
    {
        try
        {
            lock (WorkOrder.Of(stream.Accelerator).Queueing)
                copy(stream, source, target);
        }
        catch (AcceleratorException exception)
        {
            throw DriverError.Failed(what, exception);
        }
    }

    // The copy has its place in the order when the call returns, unless another thread is just then queueing work on the memory.
    private static async Task CopyAsync(
        AcceleratorStream stream, CPUMemoryBuffer staging, ArrayView<T> source, ArrayView<T> target,
        Action<AcceleratorStream, ArrayView<T>, ArrayView<T>> queue, Action take)
    {
        WorkOrder order = WorkOrder.Of(stream.Accelerator);
        try
        {
            using (StreamWork work = order.Begin(stream))
            {
                work.UsesView(source, writes: false);
                work.UsesView(target, writes: true);
                await work.StartAsync().ConfigureAwait(false);
                queue(stream, source, target);
            }

            await order.Of(stream).WaitAsync(CancellationToken.None).ConfigureAwait(false);
            take();
        }
        finally
        {
            order.Free(staging);
        }
    }

    private static nint Memory(ArrayView<T> view) => TensorChecks.Buffer(view)!.NativePtr;

    private static nint Start(ArrayView<T> view) => view.LoadEffectiveAddressAsPtr() - Memory(view);
}
