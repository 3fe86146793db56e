namespace AttentionKernels.Export;

/// <summary>A number or a view in a parameter's bytes.</summary>
/// <remarks>A view takes 16 bytes, two integers of 64 bits. In PTX: the address of its first element, then how many elements there are. In
/// OpenCL C: the index of its first element in the <c>cl_mem</c> of its own parameter, then how many there are.</remarks>
public sealed class ArgumentField
{
    internal ArgumentField(string name, string type, int offset, int size)
    {
        Name = name;
        Type = type;
        Offset = offset;
        Size = size;
    }

    /// <summary>The field's name, behind those of the structs that it lies in: <c>Rows.Hidden</c>.</summary>
    public string Name { get; }

    /// <summary>A number's type, as <c>int32</c>; of a view, with its elements' in the library, as <c>view of StoredFp16</c>.</summary>
    public string Type { get; }

    /// <summary>Its first byte in <see cref="KernelParameter.Value"/>.</summary>
    public int Offset { get; }

    /// <summary>Its bytes.</summary>
    public int Size { get; }

    /// <summary>The memory of a view; <see langword="null"/> of a number.</summary>
    public MemoryRange? Memory { get; internal init; }

    /// <summary>A number's value in the recorded launch; <see langword="null"/> of a view.</summary>
    public object? Number { get; internal init; }
}
