using ILGPU.Runtime;

namespace AttentionKernels;

// To host memory and back.
public sealed partial class CachedSequence
{
    /// <summary>Brings the sequence's content to host memory and gives its pages back; <see cref="SwapIn"/> brings it back, bit for
    /// bit.</summary>
    /// <param name="stream">The stream that the copies are queued on; the device's default stream where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException"><paramref name="stream"/> is of another device.</exception>
    /// <exception cref="CacheCapacityException">There are too few host pages.</exception>
    /// <exception cref="InvalidOperationException">The sequence is swapped out.</exception>
    /// <exception cref="ObjectDisposedException">The sequence or its cache is disposed.</exception>
    public void SwapOut(AcceleratorStream? stream = null)
    {
        CheckPresent();
        _pool.Memory.CheckStream(stream);
        _hostPages = _pool.CopyToHost(stream, Pages);
        int count = _count;
        ReleaseFrom(0);
        _count = count;
        IsSwappedOut = true;
    }

    /// <summary>Brings the sequence's content back from host memory.</summary>
    /// <param name="stream">The stream that the copies are queued on; the device's default stream where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException"><paramref name="stream"/> is of another device.</exception>
    /// <exception cref="CacheCapacityException">There are too few pages.</exception>
    /// <exception cref="InvalidOperationException">The sequence is not swapped out.</exception>
    /// <exception cref="ObjectDisposedException">The sequence or its cache is disposed.</exception>
    public void SwapIn(AcceleratorStream? stream = null)
    {
        CheckAlive();
        if (!IsSwappedOut)
            throw new InvalidOperationException("The sequence is not swapped out.");
        _pool.Memory.CheckStream(stream);
        _pool.CopyFromHost(stream, _hostPages, _pages.AsSpan(0, _count));
        ReleaseHostPages();
        IsSwappedOut = false;
        Version++;
        _known.FindAgain(_pages);
    }

    private void ReleaseHostPages()
    {
        _pool.HostAllocator.Release(_hostPages);
        _hostPages = [];
    }
}
