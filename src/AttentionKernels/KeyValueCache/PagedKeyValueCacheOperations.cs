using AttentionKernels.KeyValueCache;
using ILGPU.Runtime;

namespace AttentionKernels;

/// <summary>What a cache does with tokens of any element type, and how the host sees its pages.</summary>
public static class PagedKeyValueCacheOperations
{
    /// <typeparam name="T">The element type of new tokens; or that of stored ones: <see cref="float"/>, <see cref="Half"/> or
    /// <see cref="BFloat16"/> as they are stored, <see cref="byte"/> for the bits of fp8 and for two int4 numbers, the first in the lower
    /// half, each plus 8, <see cref="sbyte"/> for int8.</typeparam>
    /// <param name="cache">The cache.</param>
    extension<T>(PagedKeyValueCache cache)
        where T : unmanaged
    {
        /// <summary>The stored keys of a layer: [page, token, kv head, headDim], or [page, kv head, token, headDim].</summary>
        /// <param name="layer">The layer, from 0.</param>
        /// <returns>The keys; with int4, the innermost extent is half of headDim, rounded up.</returns>
        /// <exception cref="ArgumentException">The keys are stored otherwise, or the layer is out of range.</exception>
        /// <exception cref="ObjectDisposedException">The cache is disposed.</exception>
        /// <example>
        /// <code>
        /// using var cache = new PagedKeyValueCache(
        ///     device, new CacheOptions { Pages = 64, Layers = 2, KeyValueHeads = 2, HeadDimension = 64 });
        /// TensorView&lt;float> keys = cache.Keys&lt;float>(layer: 1);                       // [pages, page size, kv heads, headDim]
        /// </code>
        /// </example>
        public TensorView<T> Keys(int layer = 0)
        {
            ArgumentNullException.ThrowIfNull(cache);
            return cache.Units<T>(cache.Memory.Keys, layer, "keys", cache.Options.KeyFormat);
        }

        /// <summary>The stored values of a layer, like the keys; in a latent cache the keys.</summary>
        /// <param name="layer">The layer, from 0.</param>
        /// <returns>The values; with int4, the innermost extent is half of headDim, rounded up.</returns>
        /// <exception cref="ArgumentException">The values are stored otherwise, or the layer is out of range.</exception>
        /// <exception cref="ObjectDisposedException">The cache is disposed.</exception>
        /// <example>
        /// <code>
        /// using var cache = new PagedKeyValueCache(
        ///     device, new CacheOptions { Pages = 64, Layers = 2, KeyValueHeads = 2, HeadDimension = 64 });
        /// TensorView&lt;float> values = cache.Values&lt;float>(layer: 1);                   // [pages, page size, kv heads, headDim]
        /// </code>
        /// </example>
        public TensorView<T> Values(int layer = 0)
        {
            ArgumentNullException.ThrowIfNull(cache);
            return cache.Units<T>(cache.Memory.Values, layer, "values", cache.Options.ValueFormat);
        }

        /// <summary>As the other overload, of tokens of another element type.</summary>
        /// <param name="key">The new keys [tokens, kv heads, headDim].</param>
        /// <param name="value">The new values, like the keys.</param>
        /// <param name="slots">For each token its slot, on the device; a token whose slot is −1, or not a slot of this cache, is skipped.
        /// The slots that are not skipped must be distinct: which of two tokens of one slot is kept, or what of each, is not
        /// defined.</param>
        /// <param name="format">The format of the new keys and values.</param>
        /// <param name="layer">The layer, from 0.</param>
        /// <param name="rotation">Rotary embedding of the keys on the way; none where <see langword="null"/>.</param>
        /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
        /// <exception cref="ArgumentException">A tensor has a wrong shape, strides that kernels cannot use, or is of another device; or the
        /// layer is out of range.</exception>
        /// <exception cref="InvalidOperationException">The cache is latent.</exception>
        /// <exception cref="ObjectDisposedException">The cache, its device or a tensor is disposed.</exception>
        public void Append(
            TensorView<T> key, TensorView<T> value, TensorView<long> slots, NumberFormat<T> format, int layer = 0,
            KeyRotation? rotation = null, AcceleratorStream? stream = null)
        {
            ArgumentNullException.ThrowIfNull(cache);
            ArgumentNullException.ThrowIfNull(format);
            cache.Appender.CheckSlots(slots);
            cache.Appender.Check(slots.Shape[0], layer, rotation, isLatent: false);
            TokenRows keys = cache.Appender.Rows(key, slots.Shape[0], nameof(key));
            TokenRows values = cache.Appender.Rows(value, slots.Shape[0], nameof(value));
            cache.Appender.Queue(format, new AppendCall(keys, values, slots, layer, rotation), stream);
        }

        /// <summary>As the other overload, of tokens of another element type.</summary>
        /// <param name="sequence">The sequence.</param>
        /// <param name="key">The new keys [tokens, kv heads, headDim].</param>
        /// <param name="value">The new values, like the keys.</param>
        /// <param name="format">The format of the new keys and values.</param>
        /// <param name="first">The first of the tokens; that behind the sequence's last where <see langword="null"/>, which only a cache of
        /// one layer takes.</param>
        /// <param name="layer">The layer, from 0.</param>
        /// <param name="rotation">Rotary embedding of the keys on the way; none where <see langword="null"/>.</param>
        /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
        /// <exception cref="ArgumentException">A tensor has a wrong shape, strides that kernels cannot use, or is of another device; the
        /// sequence is of another cache; or the first token or the layer is out of range.</exception>
        /// <exception cref="CacheCapacityException">There are too few pages.</exception>
        /// <exception cref="DeviceFailedException">The driver refuses the launch or a copy.</exception>
        /// <exception cref="DeviceMemoryException">There are more tokens than in any call before, and no memory for their
        /// slots.</exception>
        /// <exception cref="InvalidOperationException">The cache is latent, or the sequence is swapped out.</exception>
        /// <exception cref="ObjectDisposedException">The cache, its device, the sequence or a tensor is disposed.</exception>
        /// <example>
        /// <code>
        /// using var cache = new PagedKeyValueCache(device, new CacheOptions { Pages = 64, KeyValueHeads = 2, HeadDimension = 64 });
        /// using CachedSequence sequence = cache.Start();
        /// using Tensor&lt;Half> key = device.Allocate&lt;Half>([3, 2, 64]), value = device.Allocate&lt;Half>(key.Shape);
        /// cache.Append(sequence, key, value, NumberFormat.Float16);                   // three tokens, into pages of fp32
        /// </code>
        /// </example>
        public void Append(
            CachedSequence sequence, TensorView<T> key, TensorView<T> value, NumberFormat<T> format, int? first = null, int layer = 0,
            KeyRotation? rotation = null, AcceleratorStream? stream = null)
        {
            ArgumentNullException.ThrowIfNull(cache);
            ArgumentNullException.ThrowIfNull(sequence);
            ArgumentNullException.ThrowIfNull(format);
            int count = TokenAppender.Count(key.Shape, nameof(key));
            cache.Appender.Check(count, layer, rotation, isLatent: false);
            TokenRows keys = cache.Appender.Rows(key, count, nameof(key));
            TokenRows values = cache.Appender.Rows(value, count, nameof(value));
            cache.Appender.Queue(format, new AppendCall(keys, values, default, layer, rotation), sequence, first, stream);
        }

        /// <summary>
        /// Stores the rows of new tokens of a latent cache, of any number of sequences, in their slots, as the cache stores numbers.
        /// </summary>
        /// <param name="latent">The new rows [tokens, kv heads, headDim]: the latent, then the rotary elements.</param>
        /// <param name="slots">For each token its slot, on the device, as for keys and values.</param>
        /// <param name="format">The format of the new rows.</param>
        /// <param name="layer">The layer, from 0.</param>
        /// <param name="rotation">Rotary embedding of the last elements of each row on the way; none where
        /// <see langword="null"/>.</param>
        /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
        /// <exception cref="ArgumentException">A tensor has a wrong shape, strides that kernels cannot use, or is of another device; or the
        /// layer is out of range.</exception>
        /// <exception cref="InvalidOperationException">The cache is not latent.</exception>
        /// <exception cref="ObjectDisposedException">The cache, its device or a tensor is disposed.</exception>
        public void AppendLatent(
            TensorView<T> latent, TensorView<long> slots, NumberFormat<T> format, int layer = 0, KeyRotation? rotation = null,
            AcceleratorStream? stream = null)
        {
            ArgumentNullException.ThrowIfNull(cache);
            ArgumentNullException.ThrowIfNull(format);
            cache.Appender.CheckSlots(slots);
            cache.Appender.Check(slots.Shape[0], layer, rotation, isLatent: true);
            TokenRows rows = cache.Appender.Rows(latent, slots.Shape[0], nameof(latent));
            cache.Appender.Queue(format, new AppendCall(rows, rows, slots, layer, rotation), stream);
        }

        /// <summary>Stores the rows of tokens of one sequence of a latent cache, and makes room for those that the sequence does not have
        /// yet.</summary>
        /// <param name="sequence">The sequence.</param>
        /// <param name="latent">The new rows [tokens, kv heads, headDim]: the latent, then the rotary elements.</param>
        /// <param name="format">The format of the new rows.</param>
        /// <param name="first">The first of the tokens, as for keys and values.</param>
        /// <param name="layer">The layer, from 0.</param>
        /// <param name="rotation">Rotary embedding of the last elements of each row on the way; none where
        /// <see langword="null"/>.</param>
        /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
        /// <exception cref="ArgumentException">A tensor has a wrong shape, strides that kernels cannot use, or is of another device; the
        /// sequence is of another cache; or the first token or the layer is out of range.</exception>
        /// <exception cref="CacheCapacityException">There are too few pages.</exception>
        /// <exception cref="DeviceFailedException">The driver refuses the launch or a copy.</exception>
        /// <exception cref="DeviceMemoryException">There are more tokens than in any call before, and no memory for their
        /// slots.</exception>
        /// <exception cref="InvalidOperationException">The cache is not latent, or the sequence is swapped out.</exception>
        /// <exception cref="ObjectDisposedException">The cache, its device, the sequence or a tensor is disposed.</exception>
        /// <example>
        /// <code>
        /// using var cache = new PagedKeyValueCache(
        ///     device, new CacheOptions { Pages = 64, KeyValueHeads = 1, HeadDimension = 576, LatentDimension = 512 });
        /// using CachedSequence sequence = cache.Start();
        /// using Tensor&lt;Half> latent = device.Allocate&lt;Half>([3, 1, 576]);
        /// cache.AppendLatent(sequence, latent, NumberFormat.Float16);
        /// </code>
        /// </example>
        public void AppendLatent(
            CachedSequence sequence, TensorView<T> latent, NumberFormat<T> format, int? first = null, int layer = 0,
            KeyRotation? rotation = null, AcceleratorStream? stream = null)
        {
            ArgumentNullException.ThrowIfNull(cache);
            ArgumentNullException.ThrowIfNull(sequence);
            ArgumentNullException.ThrowIfNull(format);
            int count = TokenAppender.Count(latent.Shape, nameof(latent));
            cache.Appender.Check(count, layer, rotation, isLatent: true);
            TokenRows rows = cache.Appender.Rows(latent, count, nameof(latent));
            cache.Appender.Queue(format, new AppendCall(rows, rows, default, layer, rotation), sequence, first, stream);
        }

        private TensorView<T> Units(PageMemory memory, int layer, string name, NumberFormat stored)
        {
            cache.CheckUsable(layer);
            return memory is IPageUnits<T> pages
                ? pages.Units(layer)
                : throw new ArgumentException($"The cache stores its {name} as {stored}, which the host does not see as {typeof(T).Name}.");
        }
    }
}
