using System.Runtime.InteropServices;
using AttentionKernels.Drivers;
using ILGPU.Runtime.OpenCL;

namespace AttentionKernels.Streams;

/// <summary>A reference to an OpenCL command queue, which outlives the ILGPU stream that it was made for.</summary>
internal sealed class RetainedQueue : SafeHandle
{
    /// <summary>Adds a reference to the queue.</summary>
    /// <exception cref="DeviceFailedException">The driver refuses it.</exception>
    public RetainedQueue(nint queue)
        : base(0, ownsHandle: true)
    {
        CLError error = OpenClApi.RetainCommandQueue(queue);
        if (error != CLError.CL_SUCCESS)
            throw DriverError.Failed("The reference to a command queue", new CLException(error));
        SetHandle(queue);
    }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>Waits for all that was queued.</summary>
    public void Finish() => CLException.ThrowIfFailed(CLAPI.CurrentAPI.FinishCommandQueue(handle));

    /// <summary>Queues a marker, an event that the caller releases.</summary>
    public nint Mark()
    {
        CLException.ThrowIfFailed(OpenClApi.EnqueueMarker(handle, out nint marker));
        CLException.ThrowIfFailed(OpenClApi.Flush(handle));
        return marker;
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => CLAPI.CurrentAPI.ReleaseCommandQueue(handle) == CLError.CL_SUCCESS;
}
