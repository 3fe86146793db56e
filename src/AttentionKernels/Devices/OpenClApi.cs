using System.Runtime.InteropServices;
using ILGPU.Runtime.OpenCL;

namespace AttentionKernels.Devices;

/// <summary>The functions of OpenCL that ILGPU does not publish, from the loader that ILGPU uses.</summary>
internal static unsafe class OpenClApi
{
    private const uint EventExecutionStatus = 0x11D3; // CL_EVENT_COMMAND_EXECUTION_STATUS
    private const int Complete = 0; // CL_COMPLETE; errors are negative

    private static readonly Lazy<nint> _library =
        new(() => NativeLibraries.TryLoad("OpenCL", out nint handle, out _) ? handle : throw new DllNotFoundException("The OpenCL loader (libOpenCL) is gone."));

    /// <summary>Adds a reference to a command queue.</summary>
    public static CLError RetainCommandQueue(nint queue) => ((delegate* unmanaged<nint, CLError>)Function("clRetainCommandQueue"))(queue);

    /// <summary>Queues a marker: an event that is complete when all that was queued before is.</summary>
    public static CLError EnqueueMarker(nint queue, out nint marker)
    {
        nint result = 0;
        CLError error = ((delegate* unmanaged<nint, uint, nint*, nint*, CLError>)Function("clEnqueueMarkerWithWaitList"))(queue, 0, null, &result);
        marker = result;
        return error;
    }

    /// <summary>Whether an event is complete; an event that has failed never will be, and counts as complete.</summary>
    public static bool IsComplete(nint marker)
    {
        int status = Complete;
        CLError error = ((delegate* unmanaged<nint, uint, nuint, void*, nuint*, CLError>)Function("clGetEventInfo"))(
            marker, EventExecutionStatus, sizeof(int), &status, null);
        CLException.ThrowIfFailed(error);
        return status <= Complete;
    }

    /// <summary>Gives an event back.</summary>
    public static CLError ReleaseEvent(nint marker) => ((delegate* unmanaged<nint, CLError>)Function("clReleaseEvent"))(marker);

    private static nint Function(string name) => NativeLibrary.GetExport(_library.Value, name);
}
