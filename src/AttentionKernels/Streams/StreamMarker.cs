using AttentionKernels.Drivers;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace AttentionKernels.Streams;

/// <summary>A point in a stream that can be asked, without waiting, whether the stream has come to it.</summary>
internal readonly struct StreamMarker : IDisposable
{
    private readonly AcceleratorStream _stream;
    private readonly nint _event;

    /// <summary>Marks what was queued so far.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="queue">Its queue, where it is OpenCL's.</param>
    public StreamMarker(AcceleratorStream stream, RetainedQueue? queue)
    {
        _stream = stream;
        switch (stream)
        {
            case CLStream:
                _event = queue!.Mark();
                break;
            case CudaStream cuda:
                cuda.Accelerator.Bind();
                CudaException.ThrowIfFailed(CudaAPI.CurrentAPI.CreateEvent(out _event, CudaEventFlags.CU_EVENT_DISABLE_TIMING));
                CudaException.ThrowIfFailed(CudaAPI.CurrentAPI.RecordEvent(_event, cuda.StreamPtr));
                break;
        }
    }

    /// <summary>Waits, on the host, until an OpenCL stream has come to the marker.</summary>
    public void Wait() => CLException.ThrowIfFailed(OpenClApi.WaitForEvent(_event));

    /// <summary>Whether the stream has come to the marker; always on the managed CPU.</summary>
    public bool IsReached()
    {
        switch (_stream)
        {
            case CLStream:
                return OpenClApi.IsComplete(_event);
            case CudaStream cuda:
                cuda.Accelerator.Bind();
                CudaError error = CudaAPI.CurrentAPI.QueryEvent(_event);
                if (error == CudaError.CUDA_ERROR_NOT_READY)
                    return false;
                CudaException.ThrowIfFailed(error);
                return true;
            default:
                return true;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_event == 0)
            return;
        if (_stream is CLStream)
            OpenClApi.ReleaseEvent(_event);
        else
            CudaAPI.CurrentAPI.DestroyEvent(_event);
    }
}
