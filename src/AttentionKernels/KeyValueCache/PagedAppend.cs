using AttentionKernels.KeyValueCache.Kernels;
using AttentionKernels.Launching;
using AttentionKernels.Positions.Kernels;
using ILGPU;
using ILGPU.Runtime;

namespace AttentionKernels.KeyValueCache;

/// <summary>Keys or values of new tokens [tokens, kv heads, headDim], of any format.</summary>
/// <param name="Data">The elements.</param>
/// <param name="Count">The number of tokens.</param>
/// <param name="TokenStride">Elements from a token to the next.</param>
/// <param name="HeadStride">Elements from a head to the next.</param>
internal readonly record struct TokenRows(ArrayView<byte> Data, int Count, long TokenStride, long HeadStride);

/// <summary>New tokens, as they are handed to the kernels of any format; all is checked.</summary>
/// <param name="Key">The new keys.</param>
/// <param name="Value">The new values.</param>
/// <param name="Slots">For each token its slot.</param>
/// <param name="Layer">The layer.</param>
/// <param name="Rotation">How keys are rotated on the way.</param>
internal readonly record struct AppendCall(TokenRows Key, TokenRows Value, TensorView<long> Slots, int Layer, KeyRotation? Rotation);

/// <summary>Appends new tokens of one format to a cache, whatever the formats of its keys and values.</summary>
internal abstract class PagedAppend
{
    /// <summary>Closes the types for a cache and a format of new tokens.</summary>
    /// <param name="cache">The cache.</param>
    /// <param name="element">The format of new keys and values.</param>
    /// <param name="style">Which elements of a key are rotated as a pair.</param>
    public static PagedAppend Load(PagedKeyValueCache cache, Type element, RotaryStyle style)
    {
        Type pairs = style == RotaryStyle.HalfSplit ? typeof(HalfSplitPairs) : typeof(InterleavedPairs);
        return ClosedTypes.Create<PagedAppend>(
            typeof(AppendModule<,,,>.AppendSet), [element, cache.Options.KeyFormat.Type, cache.Options.ValueFormat.Type, pairs], cache);
    }

    /// <summary>Queues the kernel on a stream.</summary>
    public abstract void Run(AcceleratorStream stream, in AppendCall call);
}
