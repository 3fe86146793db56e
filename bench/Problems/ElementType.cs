namespace AttentionKernels.Problems;

/// <summary>A type of tensors, and how the host converts to it and from it.</summary>
/// <typeparam name="T">The type on the host.</typeparam>
/// <param name="Format">The library's name for it.</param>
/// <param name="Narrow">From fp32, to the nearest.</param>
/// <param name="Widen">To fp32, exactly.</param>
internal sealed record ElementType<T>(NumberFormat<T> Format, Converter<float, T> Narrow, Converter<T, float> Widen)
    where T : unmanaged
{
    /// <summary>Copies numbers to a row's device.</summary>
    public Tensor<T> Upload(PreparedRow row, float[] numbers, TensorShape shape) => row.Upload(Array.ConvertAll(numbers, Narrow), shape);

    /// <summary>Makes every number of a tensor NaN, which no result is.</summary>
    public void Poison(Tensor<T> tensor)
    {
        var poison = new T[tensor.Shape.ElementCount];
        Array.Fill(poison, Narrow(float.NaN));
        tensor.CopyFrom(poison);
    }

    /// <summary>What a tensor holds.</summary>
    public float[] Read(Tensor<T> tensor) => Array.ConvertAll(tensor.ToArray(), Widen);
}

/// <summary>What is generic over the type of tensors.</summary>
internal interface IElementUser
{
    /// <summary>Uses a type.</summary>
    void Use<T>(ElementType<T> type)
        where T : unmanaged;
}

/// <summary>The types of tensors.</summary>
internal static class ElementTypes
{
    private static readonly ElementType<float> _float32 = new(NumberFormat.Float32, number => number, number => number);
    private static readonly ElementType<Half> _float16 = new(NumberFormat.Float16, number => (Half)number, number => (float)number);
    private static readonly ElementType<BFloat16> _bfloat16 =
        new(NumberFormat.BFloat16, number => (BFloat16)number, number => (float)number);

    /// <summary>Hands the type of a format to who uses it.</summary>
    public static void Give(DataType type, IElementUser user)
    {
        if (type.Format == NumberFormat.Float32)
            user.Use(_float32);
        else if (type.Format == NumberFormat.Float16)
            user.Use(_float16);
        else if (type.Format == NumberFormat.BFloat16)
            user.Use(_bfloat16);
        else
            throw new ArgumentException($"The type is {type}; tensors have fp32, fp16 or bf16.", nameof(type));
    }
}
