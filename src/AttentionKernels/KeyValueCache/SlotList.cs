using AttentionKernels.Tensors;
using ILGPU.Runtime;

namespace AttentionKernels.KeyValueCache;

/// <summary>The slots of tokens in a row, on the device. They are copied only where they differ from those of the call before: once for all
/// layers of a step.</summary>
internal sealed class SlotList(AttentionDevice device) : IDisposable
{
    private long[] _wanted = [];

    // Null until there are slots.
    private MirroredTensor<long>? _slots;

    /// <summary>The slots of tokens of a sequence, on the device; there is room for them.</summary>
    public TensorView<long> Of(CachedSequence sequence, int first, int count, AcceleratorStream stream)
    {
        Span<long> wanted = _wanted.AsSpan(0, count);
        sequence.Slots(first, wanted);
        if (!wanted.SequenceEqual(_slots!.Host[..count]))
            wanted.CopyTo(_slots.Write(0, count));
        return _slots.Upload(stream).Slice(0, 0, count);
    }

    /// <summary>Frees the memory.</summary>
    public void Dispose() => _slots?.Dispose();

    /// <summary>Makes room for so many slots. Memory is allocated only where there are more than ever before.</summary>
    /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
    public void Reserve(int count)
    {
        if (count <= _wanted.Length)
            return;
        int capacity = (int)Math.Min(Math.Max(Math.Max(16, count), 2L * _wanted.Length), Array.MaxLength);
        long[] wanted = new long[capacity];
        var longer = new MirroredTensor<long>(device, capacity);
        _slots?.Dispose();
        (_slots, _wanted) = (longer, wanted);
    }
}
