using System.Runtime.InteropServices;
using AttentionKernels.Drivers;
using ILGPU.Runtime.OpenCL;

namespace AttentionKernels.Streams;

/// <summary>A reference to an OpenCL command queue, which outlives the ILGPU stream that it was made for.</summary>
internal sealed class RetainedQueue : SafeHandle
{
    /// <summary>Adds a reference to the queue.</summary>
    public RetainedQueue(nint queue)
        : base(0, ownsHandle: true)
    {
        if (OpenClApi.RetainCommandQueue(queue) == CLError.CL_SUCCESS)
            SetHandle(queue);
    }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>Waits for all that was queued.</summary>
    public void Finish()
    {
        if (!IsInvalid)
            CLException.ThrowIfFailed(CLAPI.CurrentAPI.FinishCommandQueue(handle));
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => CLAPI.CurrentAPI.ReleaseCommandQueue(handle) == CLError.CL_SUCCESS;
}
