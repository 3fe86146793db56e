using ILGPU.Runtime.Cuda;

namespace AttentionKernels.Problems;

/// <summary>
/// Takes times on a CUDA device, between two events of its default stream, which something before them keeps busy: the host's part is not in
/// them, unless it takes longer than that.
/// </summary>
/// <param name="device">The device.</param>
/// <param name="accelerator">Its accelerator.</param>
internal sealed class DeviceTimer(AttentionDevice device, CudaAccelerator accelerator) : IDisposable
{
    private readonly nint _start = Create(accelerator), _end = Create(accelerator);

    /// <summary>The timer of a device; nothing where its driver has no such events, or only for queues that are slower for them.</summary>
    public static DeviceTimer? Of(AttentionDevice device) =>
        device.Accelerator is CudaAccelerator accelerator ? new DeviceTimer(device, accelerator) : null;

    /// <summary>The milliseconds of what an action queues on the default stream.</summary>
    /// <param name="before">Queues what the device is busy with meanwhile.</param>
    /// <param name="queue">Queues what is timed.</param>
    public double Time(Action before, Action queue)
    {
        before();
        Record(_start);
        queue();
        Record(_end);
        device.Synchronize();
        accelerator.Bind();
        CudaException.ThrowIfFailed(CudaAPI.CurrentAPI.ElapsedTime(out float milliseconds, _start, _end));
        return milliseconds;
    }

    /// <summary>Destroys the events.</summary>
    public void Dispose()
    {
        accelerator.Bind();
        foreach (nint marker in (nint[])[_start, _end])
            CudaAPI.CurrentAPI.DestroyEvent(marker);
    }

    private static nint Create(CudaAccelerator accelerator)
    {
        accelerator.Bind();
        CudaException.ThrowIfFailed(CudaAPI.CurrentAPI.CreateEvent(out nint marker, CudaEventFlags.CU_EVENT_DEFAULT));
        return marker;
    }

    private void Record(nint marker)
    {
        accelerator.Bind();
        CudaException.ThrowIfFailed(CudaAPI.CurrentAPI.RecordEvent(marker, ((CudaStream)device.DefaultStream).StreamPtr));
    }
}
