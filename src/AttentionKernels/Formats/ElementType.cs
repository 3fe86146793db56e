using AttentionKernels.Formats;
using AttentionKernels.KeyValueCache;
using ILGPU.Runtime;

namespace AttentionKernels;

/// <summary>The types that query, key, value and output can be stored in; kernels compute in fp32.</summary>
public static class ElementType
{
    /// <summary>IEEE fp32.</summary>
    public static ElementType<float> Float32 { get; } = new ElementType<float, StoredFp32>();

    /// <summary>IEEE fp16: 11 significant bits, up to 65504.</summary>
    public static ElementType<Half> Float16 { get; } = new ElementType<Half, StoredFp16>();

    /// <summary>bf16: 8 significant bits, the range of fp32.</summary>
    public static ElementType<BFloat16> BFloat16 { get; } = new ElementType<BFloat16, StoredBf16>();
}

/// <summary>One of the types of <see cref="ElementType"/>.</summary>
/// <typeparam name="T">The type on the host.</typeparam>
public abstract class ElementType<T>
    where T : unmanaged
{
    private protected ElementType()
    {
    }

    /// <summary>The format, as kernels take it.</summary>
    internal abstract Type Format { get; }

    internal abstract void Append(
        PagedKeyValueCache cache, TensorView<T> key, TensorView<T> value, TensorView<long> slots, int layer, KeyRotation? rotation, AcceleratorStream stream);
}

/// <summary>A host type and the same bits as kernels see them.</summary>
internal sealed class ElementType<T, TElement> : ElementType<T>
    where T : unmanaged
    where TElement : unmanaged, IElement<TElement>
{
    internal override Type Format => typeof(TElement);

    internal override void Append(
        PagedKeyValueCache cache, TensorView<T> key, TensorView<T> value, TensorView<long> slots, int layer, KeyRotation? rotation, AcceleratorStream stream)
    {
        var append = new PagedAppend<T, TElement>(cache, key, value, slots, layer, rotation, stream);
        PageElements.Invoke(cache.Options.KeyElement, cache.Options.ValueElement, ref append);
    }
}
