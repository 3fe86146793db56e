using ILGPU.Runtime;

namespace AttentionKernels.Memory;

/// <summary>The stream that last got work on something, so that whoever frees it, or works on it elsewhere, can wait.</summary>
internal struct StreamInUse
{
    private AcceleratorStream? _stream;

    /// <summary>Takes note of work that is queued on a stream, once what another stream may still do is done.</summary>
    public void Use(AcceleratorStream stream)
    {
        WaitForOther(stream);
        _stream = stream;
    }

    /// <summary>Waits for what another stream may still do.</summary>
    public void WaitForOther(AcceleratorStream stream)
    {
        if (_stream != stream)
            Wait();
    }

    /// <summary>Waits for the stream; a disposed one has nothing under way.</summary>
    public void Wait()
    {
        if (_stream is { IsDisposed: false })
            _stream.Synchronize();
        _stream = null;
    }
}
