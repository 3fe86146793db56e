using AttentionKernels.KeyValueCache.Kernels;
using AttentionKernels.Launching;
using ILGPU;
using ILGPU.Runtime;

namespace AttentionKernels.KeyValueCache;

/// <summary>New tokens, as they are handed to the kernels of any format; all is checked.</summary>
internal readonly record struct AppendCall
{
    /// <summary>The new keys [tokens, kv heads, headDim].</summary>
    public required ArrayView<byte> Key { get; init; }

    /// <summary>Elements from a token's key to the next.</summary>
    public required long KeyTokenStride { get; init; }

    /// <summary>Elements from a head's key to the next.</summary>
    public required long KeyHeadStride { get; init; }

    /// <summary>The new values, like the keys.</summary>
    public required ArrayView<byte> Value { get; init; }

    /// <summary>Elements from a token's value to the next.</summary>
    public required long ValueTokenStride { get; init; }

    /// <summary>Elements from a head's value to the next.</summary>
    public required long ValueHeadStride { get; init; }

    /// <summary>For each token its slot.</summary>
    public required TensorView<long> Slots { get; init; }

    /// <summary>The layer.</summary>
    public required int Layer { get; init; }

    /// <summary>How keys are rotated on the way.</summary>
    public required KeyRotation? Rotation { get; init; }
}

/// <summary>Appends new tokens of one format to a cache, whatever the formats of its keys and values.</summary>
internal abstract class PagedAppend
{
    /// <summary>Closes the types for a cache and a format of new tokens.</summary>
    /// <param name="cache">The cache.</param>
    /// <param name="element">The format of new keys and values.</param>
    public static PagedAppend Load(PagedKeyValueCache cache, Type element) =>
        ClosedTypes.Create<PagedAppend>(
            typeof(AppendModule<,,>.AppendSet), [element, cache.Options.KeyFormat.Type, cache.Options.ValueFormat.Type], cache);

    /// <summary>Queues the kernel on a stream.</summary>
    public abstract void Run(AcceleratorStream stream, in AppendCall call);
}
