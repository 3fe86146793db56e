using ILGPU.Runtime;

namespace AttentionKernels.KeyValueCache;

/// <summary>What happens to the content of pages: queued on the stream that is given, the device's default stream where it is
/// <see langword="null"/>.</summary>
internal interface IPageMemory
{
    /// <summary>Refuses a stream on which nothing can be queued, whether or not there is something to copy.</summary>
    /// <exception cref="ArgumentException">The stream is of another device.</exception>
    /// <exception cref="ObjectDisposedException">The stream is disposed.</exception>
    void CheckStream(AcceleratorStream? stream);

    /// <summary>Copies a page to another.</summary>
    /// <inheritdoc cref="CheckStream" path="/exception"/>
    void Copy(PageCopy copy, AcceleratorStream? stream, int source, int target);
}
