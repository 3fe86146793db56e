using ILGPU.Runtime;

namespace AttentionKernels;

/// <content>Storing tokens of fp32; those of other types are in <see cref="PagedKeyValueCacheOperations"/>.</content>
public sealed partial class PagedKeyValueCache
{
    /// <summary>
    /// Stores the keys and values of new tokens, of any number of sequences, in their slots, as the cache stores numbers.
    /// </summary>
    /// <param name="key">The new keys [tokens, kv heads, headDim].</param>
    /// <param name="value">The new values, like the keys.</param>
    /// <param name="slots">For each token its slot, on the device; a token whose slot is −1, or not a slot of this cache, is skipped.
    /// The slots that are not skipped must be distinct: which of two tokens of one slot is kept, or what of each, is not defined.</param>
    /// <param name="layer">The layer, from 0.</param>
    /// <param name="rotation">Rotary embedding of the keys on the way; none where <see langword="null"/>.</param>
    /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A tensor has a wrong shape, strides that kernels cannot use, or is of another device; or the
    /// layer is out of range.</exception>
    /// <exception cref="InvalidOperationException">The cache is latent.</exception>
    /// <exception cref="ObjectDisposedException">The cache, its device or a tensor is disposed.</exception>
    public void Append(
        TensorView<float> key, TensorView<float> value, TensorView<long> slots, int layer = 0, KeyRotation? rotation = null,
        AcceleratorStream? stream = null) =>
        this.Append(key, value, slots, NumberFormat.Float32, layer, rotation, stream);

    /// <summary>
    /// Stores the keys and values of tokens of one sequence, as the cache stores numbers, and makes room for those that the sequence does
    /// not have yet.
    /// </summary>
    /// <remarks>
    /// <para>Rows of tokens that are there are stored anew: pages that other sequences share are copied first (copy on write), and tokens
    /// that <see cref="CachedSequence.Commit"/> lets others find are not found any more from the first one on. So each layer of a step
    /// stores the same tokens: the first makes room for them, or <see cref="CachedSequence.Extend(ReadOnlySpan{int}, AcceleratorStream?)"/>
    /// does, which knows them and lets others find them.</para>
    /// <para>Where an exception is thrown, nothing was stored, the sequence has the tokens that it had, and others find what they found;
    /// but after a failure of the driver, pages may have been copied, and tokens from the first one on may not be found any more. The slots
    /// are copied to the device where they differ from those of the call before, which waits for the copy of that one: a step of many
    /// sequences takes the other overload, one call a layer.</para>
    /// </remarks>
    /// <param name="sequence">The sequence.</param>
    /// <param name="key">The new keys [tokens, kv heads, headDim].</param>
    /// <param name="value">The new values, like the keys.</param>
    /// <param name="first">The first of the tokens, at most the sequence's length; that behind its last where <see langword="null"/>, which
    /// only a cache of one layer takes, since each layer would have tokens of its own.</param>
    /// <param name="layer">The layer, from 0.</param>
    /// <param name="rotation">Rotary embedding of the keys on the way; none where <see langword="null"/>.</param>
    /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A tensor has a wrong shape, strides that kernels cannot use, or is of another device; the
    /// sequence is of another cache; or the first token or the layer is out of range.</exception>
    /// <exception cref="CacheCapacityException">There are too few pages.</exception>
    /// <exception cref="DeviceFailedException">The driver refuses the launch or a copy.</exception>
    /// <exception cref="DeviceMemoryException">There are more tokens than in any call before, and no memory for their slots.</exception>
    /// <exception cref="InvalidOperationException">The cache is latent, the sequence is swapped out, or the caller is a handler of
    /// <see cref="PageEvicted"/>.</exception>
    /// <exception cref="ObjectDisposedException">The cache, its device, the sequence or a tensor is disposed.</exception>
    /// <example>
    /// <code>
    /// using var cache = new PagedKeyValueCache(
    ///     device, new CacheOptions { Pages = 64, Layers = 2, KeyValueHeads = 2, HeadDimension = 64 });
    /// using CachedSequence sequence = cache.Start();
    /// using Tensor&lt;float> key = device.Allocate&lt;float>([3, 2, 64]), value = device.Allocate&lt;float>(key.Shape);
    /// int first = sequence.Length;
    /// for (int layer = 0; layer &lt; 2; layer++)
    ///     cache.Append(sequence, key, value, first, layer);
    /// </code>
    /// </example>
    public void Append(
        CachedSequence sequence, TensorView<float> key, TensorView<float> value, int? first = null, int layer = 0,
        KeyRotation? rotation = null, AcceleratorStream? stream = null) =>
        this.Append(sequence, key, value, NumberFormat.Float32, first, layer, rotation, stream);

    /// <summary>Stores the rows of new tokens of a latent cache, of any number of sequences, in their slots, as the cache stores
    /// numbers.</summary>
    /// <param name="latent">The new rows [tokens, kv heads, headDim]: the latent, then the rotary elements.</param>
    /// <param name="slots">For each token its slot, on the device, as for keys and values.</param>
    /// <param name="layer">The layer, from 0.</param>
    /// <param name="rotation">Rotary embedding of the last elements of each row on the way; none where <see langword="null"/>.</param>
    /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A tensor has a wrong shape, strides that kernels cannot use, or is of another device; or the
    /// layer is out of range.</exception>
    /// <exception cref="InvalidOperationException">The cache is not latent.</exception>
    /// <exception cref="ObjectDisposedException">The cache, its device or a tensor is disposed.</exception>
    public void AppendLatent(
        TensorView<float> latent, TensorView<long> slots, int layer = 0, KeyRotation? rotation = null, AcceleratorStream? stream = null) =>
        this.AppendLatent(latent, slots, NumberFormat.Float32, layer, rotation, stream);

    /// <summary>Stores the rows of tokens of one sequence of a latent cache, and makes room for those that the sequence does not have yet,
    /// as <see cref="Append(CachedSequence, TensorView{float}, TensorView{float}, int?, int, KeyRotation?, AcceleratorStream?)"/>
    /// does.</summary>
    /// <param name="sequence">The sequence.</param>
    /// <param name="latent">The new rows [tokens, kv heads, headDim]: the latent, then the rotary elements.</param>
    /// <param name="first">The first of the tokens, as for keys and values.</param>
    /// <param name="layer">The layer, from 0.</param>
    /// <param name="rotation">Rotary embedding of the last elements of each row on the way; none where <see langword="null"/>.</param>
    /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A tensor has a wrong shape, strides that kernels cannot use, or is of another device; the
    /// sequence is of another cache; or the first token or the layer is out of range.</exception>
    /// <exception cref="CacheCapacityException">There are too few pages.</exception>
    /// <exception cref="DeviceFailedException">The driver refuses the launch or a copy.</exception>
    /// <exception cref="DeviceMemoryException">There are more tokens than in any call before, and no memory for their slots.</exception>
    /// <exception cref="InvalidOperationException">The cache is not latent, or the sequence is swapped out.</exception>
    /// <exception cref="ObjectDisposedException">The cache, its device, the sequence or a tensor is disposed.</exception>
    /// <example>
    /// <code>
    /// using var cache = new PagedKeyValueCache(
    ///     device, new CacheOptions { Pages = 64, KeyValueHeads = 1, HeadDimension = 576, LatentDimension = 512 });
    /// using CachedSequence sequence = cache.Start();
    /// using Tensor&lt;float> latent = device.Allocate&lt;float>([3, 1, 576]);
    /// cache.AppendLatent(sequence, latent);
    /// </code>
    /// </example>
    public void AppendLatent(
        CachedSequence sequence, TensorView<float> latent, int? first = null, int layer = 0, KeyRotation? rotation = null,
        AcceleratorStream? stream = null) =>
        this.AppendLatent(sequence, latent, NumberFormat.Float32, first, layer, rotation, stream);
}
