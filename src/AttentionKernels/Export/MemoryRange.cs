namespace AttentionKernels.Export;

/// <summary>The memory of a view.</summary>
public sealed class MemoryRange
{
    internal MemoryRange(int buffer) => Buffer = buffer;

    /// <summary>Which buffer, numbered from 0 over all launches of a recording; −1 where the view has no memory.</summary>
    public int Buffer { get; }

    /// <summary>Where the view begins in it.</summary>
    public long ByteOffset { get; internal init; }

    /// <summary>The view's elements.</summary>
    public long Length { get; internal init; }

    /// <summary>Bytes of an element.</summary>
    public int ElementSize { get; internal init; }

    /// <summary>Whether the kernel only reads it; otherwise it may write it.</summary>
    public bool IsInput { get; internal init; }
}
