using System.Runtime.InteropServices;
using ILGPU.Runtime.OpenCL;

namespace AttentionKernels.Drivers;

/// <summary>The functions of OpenCL that ILGPU does not publish, from the loader that ILGPU uses. Calls allocate nothing, the first ones
/// neither.</summary>
internal static unsafe class OpenClApi
{
    private const uint EventExecutionStatus = 0x11D3; // CL_EVENT_COMMAND_EXECUTION_STATUS
    private const int Complete = 0; // CL_COMPLETE; errors are negative

    /// <summary>Adds a reference to a command queue.</summary>
    public static CLError RetainCommandQueue(nint queue) => ((delegate* unmanaged<nint, CLError>)Functions.RetainCommandQueue)(queue);

    /// <summary>Hands what was queued to the device.</summary>
    public static CLError Flush(nint queue) => ((delegate* unmanaged<nint, CLError>)Functions.Flush)(queue);

    /// <summary>Queues a marker: an event that is complete when all that was queued before is.</summary>
    public static CLError EnqueueMarker(nint queue, out nint marker)
    {
        nint result = 0;
        var enqueue = (delegate* unmanaged<nint, uint, nint*, nint*, CLError>)Functions.EnqueueMarkerWithWaitList;
        CLError error = enqueue(queue, 0, null, &result);
        marker = result;
        return error;
    }

    /// <summary>Waits for an event.</summary>
    public static CLError WaitForEvent(nint marker) => ((delegate* unmanaged<uint, nint*, CLError>)Functions.WaitForEvents)(1, &marker);

    /// <summary>Whether an event is complete.</summary>
    /// <exception cref="CLException">The event, or what it waits for, has failed.</exception>
    public static bool IsComplete(nint marker)
    {
        int status = Complete;
        CLError error = ((delegate* unmanaged<nint, uint, nuint, void*, nuint*, CLError>)Functions.GetEventInfo)(
            marker, EventExecutionStatus, sizeof(int), &status, null);
        CLException.ThrowIfFailed(error);
        CLException.ThrowIfFailed((CLError)Math.Min(status, Complete));
        return status == Complete;
    }

    /// <summary>Gives an event back.</summary>
    public static CLError ReleaseEvent(nint marker) => ((delegate* unmanaged<nint, CLError>)Functions.ReleaseEvent)(marker);

    // Found once, when the first is used.
    private static class Functions
    {
        public static readonly nint RetainCommandQueue = Find("clRetainCommandQueue");
        public static readonly nint Flush = Find("clFlush");
        public static readonly nint EnqueueMarkerWithWaitList = Find("clEnqueueMarkerWithWaitList");
        public static readonly nint WaitForEvents = Find("clWaitForEvents");
        public static readonly nint GetEventInfo = Find("clGetEventInfo");
        public static readonly nint ReleaseEvent = Find("clReleaseEvent");

        private static nint Find(string name) => NativeLibraries.TryLoad("OpenCL", out nint library, out _)
            ? NativeLibrary.GetExport(library, name)
            : throw new DllNotFoundException("The OpenCL loader (libOpenCL) is gone.");
    }
}
