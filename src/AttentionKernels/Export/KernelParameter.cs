namespace AttentionKernels.Export;

/// <summary>A parameter of a kernel's entry: bytes, or, in OpenCL C, memory.</summary>
public sealed class KernelParameter
{
    internal KernelParameter(string name) => Name = name;

    /// <summary>The argument's name in the library's source; of memory, the view's.</summary>
    public string Name { get; }

    /// <summary>The memory, where the parameter is a <c>cl_mem</c>; otherwise <see langword="null"/>.</summary>
    public MemoryRange? Memory { get; internal init; }

    /// <summary>The bytes of the recorded launch; none where the parameter is memory. Addresses in them are 0, see
    /// <see cref="ArgumentField"/>.</summary>
    public ReadOnlyMemory<byte> Value { get; internal init; }

    /// <summary>What the bytes have to be aligned to.</summary>
    public int Alignment { get; internal init; }

    /// <summary>What the bytes are.</summary>
    public IReadOnlyList<ArgumentField> Fields { get; internal init; } = [];
}
