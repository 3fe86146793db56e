using ILGPU;
using ILGPU.Runtime;

namespace AttentionKernels.Export;

/// <summary>Numbers the buffers of a recording in the order in which launches use them.</summary>
internal sealed class MemoryNumbers
{
    private readonly Dictionary<MemoryBuffer, int> _numbers = new(ReferenceEqualityComparer.Instance);

    /// <summary>The memory of a view.</summary>
    public MemoryRange Of(IContiguousArrayView view, bool isInput)
    {
        // A default view has no buffer, whatever the interface's annotation says.
        MemoryBuffer? buffer = view.Buffer;
        int number = -1;
        if (buffer is not null && !_numbers.TryGetValue(buffer, out number))
            _numbers[buffer] = number = _numbers.Count;
        return new MemoryRange(number)
        {
            ByteOffset = buffer is null ? 0 : view.Index * view.ElementSize,
            Length = buffer is null ? 0 : view.Length,
            ElementSize = view.ElementSize,
            IsInput = isInput,
        };
    }
}
