using AttentionKernels.Samples.Llama;

namespace AttentionKernels.Samples.Architectures.Decoder;

/// <summary>What attention of a layer took and gave, in host memory.</summary>
/// <param name="Query">[tokens, heads, headDim], behind rotary embedding.</param>
/// <param name="Key">[tokens, kv heads, headDim], likewise.</param>
/// <param name="Value">Like the key.</param>
/// <param name="Output">Like the query.</param>
internal sealed record AttendedLayer(float[] Query, float[] Key, float[] Value, float[] Output);

/// <summary>A cache that copies out what attention of a layer takes and gives.</summary>
/// <param name="cache">A contiguous cache with one step: its new rows are all that there are.</param>
/// <param name="layer">The layer.</param>
internal sealed class ObservedCache(ContiguousSequenceCache cache, int layer) : ILayerCache
{
    /// <summary>What was seen, once the layer has run.</summary>
    public AttendedLayer? Seen { get; private set; }

    /// <inheritdoc/>
    public (TensorView<float> Key, TensorView<float> Value) NewRows(int index) => cache.NewRows(index);

    /// <inheritdoc/>
    public void Attend(int index, TensorView<float> query, TensorView<float> output)
    {
        cache.Attend(index, query, output);
        if (index != layer)
            return;

        // The cache has rotated queries and keys in place.
        (TensorView<float> key, TensorView<float> value) = cache.NewRows(index);
        Seen = new AttendedLayer(query.ToArray(), key.ToArray(), value.ToArray(), output.ToArray());
    }
}
