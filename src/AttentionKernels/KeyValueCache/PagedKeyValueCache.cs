using System.Collections.Concurrent;
using AttentionKernels.Attention;
using AttentionKernels.KeyValueCache;
using AttentionKernels.Launching;
using AttentionKernels.Tensors;
using ILGPU.Runtime;

namespace AttentionKernels;

/// <summary>
/// Keys and values of all layers in pages of a fixed number of tokens, one pool for all sequences; a <see cref="BlockTable"/> says which
/// pages are whose.
/// </summary>
/// <remarks>
/// Kwon et al., "Efficient memory management for large language model serving with PagedAttention", 2023. A slot holds one
/// token: page × page size + index in the page, the same in all layers.
/// </remarks>
public sealed class PagedKeyValueCache : IDisposable
{
    private const int MaximumLayers = 1 << 16;

    // By the format of new tokens.
    private readonly ConcurrentDictionary<Type, PagedAppend> _appends = new();

    private readonly PagePool _pool;

    // A latent cache has one for keys and values.
    private readonly PageMemory[] _memories;

    /// <summary>Allocates the pages; their content is undefined until tokens are appended. Scales that are given are 1 at first.</summary>
    /// <param name="device">The device.</param>
    /// <param name="options">The sizes.</param>
    /// <exception cref="ArgumentException">A size is out of range.</exception>
    /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
    /// <exception cref="ObjectDisposedException">The device is disposed.</exception>
    public PagedKeyValueCache(AttentionDevice device, CacheOptions options)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(options);
        device.ThrowIfDisposed();
        Check(options.Pages >= 1 && options.Pages <= PageAllocator.MaximumPages,
            $"There are {options.Pages} pages; there must be from 1 to {PageAllocator.MaximumPages}.");
        Check(options.PageSize is >= 1 and <= 256, $"The page size is {options.PageSize}; it must be from 1 to 256.");
        Check(options.Layers is >= 1 and <= MaximumLayers, $"There are {options.Layers} layers; there must be from 1 to {MaximumLayers}.");
        Check(options.KeyValueHeads >= 1, $"There are {options.KeyValueHeads} kv heads; there must be at least 1.");
        int maximum = options.LatentDimension > 0 ? AttentionProblem.MaximumKeyDimension : AttentionProblem.MaximumHeadDimension;
        Check(options.HeadDimension >= 1 && options.HeadDimension <= maximum, $"The head dimension is {options.HeadDimension}; it must be from 1 to {maximum}.");
        maximum = Math.Min(options.HeadDimension, AttentionProblem.MaximumHeadDimension);
        Check(options.LatentDimension >= 0 && options.LatentDimension <= maximum,
            $"The latent dimension is {options.LatentDimension}; it must be from 0 to {maximum}.");
        CheckFormat(options.KeyFormat, "key");
        CheckFormat(options.ValueFormat, "value");
        Check(options.LatentDimension == 0 || options.ValueFormat == options.KeyFormat,
            $"The value format is {options.ValueFormat} and the key format {options.KeyFormat}; those of a latent cache are the same.");
        Check(Enum.IsDefined(options.Layout), $"The layout is {options.Layout}; it must be TokensFirst or HeadsFirst.");
        Check(Enum.IsDefined(options.Scales), $"The scales are {options.Scales}; they must be Layer, Head or TokenAndHead.");
        Check(options.Watermark >= 0 && options.Watermark <= options.Pages,
            $"The watermark is {options.Watermark} pages; it must be from 0 to the number of pages, {options.Pages}.");
        Check(options.HostPages >= 0 && options.HostPages <= PageAllocator.MaximumPages,
            $"There are {options.HostPages} host pages; there must be from 0 to {PageAllocator.MaximumPages}.");
        Device = device;
        Options = options;
        _pool = new PagePool(
            options.Pages, options.PageSize, options.HostPages, options.Watermark, options.SharesPrefixes, new Content(this), page => PageEvicted?.Invoke(page));
        KeyMemory = PageMemory.Allocate(device, options, options.KeyFormat);
        try
        {
            ValueMemory = IsLatent ? KeyMemory : PageMemory.Allocate(device, options, options.ValueFormat);
        }
        catch
        {
            KeyMemory.Dispose();
            throw;
        }

        _memories = IsLatent ? [KeyMemory] : [KeyMemory, ValueMemory];

        static void CheckFormat(NumberFormat format, string name) =>
            Check(format is not null, $"The {name} format is null; it must be one of {string.Join(", ", NumberFormat.All)}.");

        static void Check(bool holds, string message)
        {
            if (!holds)
                throw new ArgumentException(message, nameof(options));
        }
    }

    /// <summary>Raised before a page of the prefix cache, whose content no sequence refers to any more, is evicted for
    /// another one.</summary>
    /// <remarks>
    /// It is called in the midst of an allocation, and may read the page but neither allocate nor start, change or dispose sequences
    /// (<see cref="InvalidOperationException"/>). An exception that it throws reaches whoever allocates; that page stays as it was then,
    /// and nothing is allocated.
    /// </remarks>
    public event Action<int>? PageEvicted;

    /// <summary>The device.</summary>
    public AttentionDevice Device { get; }

    /// <summary>The sizes.</summary>
    public CacheOptions Options { get; }

    /// <summary>The number of slots: pages × page size.</summary>
    public long Slots => (long)Options.Pages * Options.PageSize;

    /// <summary>Bytes of device memory that a token takes: keys and values of all layers and heads, and their scales.</summary>
    public double BytesPerToken => (double)_memories.Sum(memory => memory.PageBytes) / Options.PageSize;

    /// <summary>Whether values are the first elements of keys.</summary>
    public bool IsLatent => Options.LatentDimension > 0;

    /// <summary>Elements of a value.</summary>
    public int ValueDimension => IsLatent ? Options.LatentDimension : Options.HeadDimension;

    /// <summary>Which pages are in use: by the sequences that <see cref="Start()"/> makes, and by whoever allocates here for block tables
    /// of their own.</summary>
    public PageAllocator Allocator => _pool.Allocator;

    /// <summary>Which pages of host memory are in use.</summary>
    public PageAllocator HostAllocator => _pool.HostAllocator;

    /// <summary>How well sequences found their beginnings; all zeros where <see cref="CacheOptions.SharesPrefixes"/> is off.</summary>
    public PrefixStatistics PrefixStatistics => _pool.Prefixes?.Statistics ?? default;

    /// <summary>Whether the cache was disposed.</summary>
    public bool IsDisposed => KeyMemory.IsDisposed;

    /// <summary>The memory of the keys.</summary>
    internal PageMemory KeyMemory { get; }

    /// <summary>The memory of the values.</summary>
    internal PageMemory ValueMemory { get; }

    /// <summary>The stored keys of a layer: [page, token, kv head, headDim], or [page, kv head, token, headDim].</summary>
    /// <typeparam name="T"><see cref="float"/>, <see cref="Half"/> or <see cref="BFloat16"/> as they are stored; <see cref="byte"/> for the
    /// bits of fp8 and for two int4 numbers, the first in the lower half, each plus 8; <see cref="sbyte"/> for int8.</typeparam>
    /// <param name="layer">The layer, from 0.</param>
    /// <returns>The keys; with int4, the innermost extent is half of headDim, rounded up.</returns>
    /// <exception cref="ArgumentException">The keys are stored otherwise, or the layer is out of range.</exception>
    /// <exception cref="ObjectDisposedException">The cache is disposed.</exception>
    public TensorView<T> Keys<T>(int layer = 0)
        where T : unmanaged => Units<T>(KeyMemory, layer, "keys", Options.KeyFormat);

    /// <summary>The stored values of a layer, like the keys; in a latent cache the keys.</summary>
    /// <inheritdoc cref="Keys{T}"/>
    public TensorView<T> Values<T>(int layer = 0)
        where T : unmanaged => Units<T>(ValueMemory, layer, "values", Options.ValueFormat);

    /// <summary>The scales of a layer's keys [pages, tokens, kv heads], with extents of 1 where a scale is shared; empty where keys have
    /// none.</summary>
    /// <param name="layer">The layer, from 0.</param>
    /// <returns>The scales.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The layer is out of range.</exception>
    /// <exception cref="ObjectDisposedException">The cache is disposed.</exception>
    public TensorView<float> KeyScales(int layer = 0) => Scales(KeyMemory, layer);

    /// <summary>The scales of a layer's values, like the keys'.</summary>
    /// <inheritdoc cref="KeyScales"/>
    public TensorView<float> ValueScales(int layer = 0) => Scales(ValueMemory, layer);

    /// <summary>Starts a sequence without tokens.</summary>
    /// <returns>The sequence; the caller disposes it.</returns>
    /// <exception cref="ObjectDisposedException">The cache is disposed.</exception>
    public CachedSequence Start() => Start([]);

    /// <summary>
    /// Starts a sequence with the longest beginning of a prompt whose keys and values are there already, in full pages that it then shares.
    /// </summary>
    /// <param name="prompt">The prompt's tokens. At least the last one is left to be computed, so that there is something to go on
    /// from.</param>
    /// <param name="salt">Keeps apart what must not be shared: only sequences of one salt find each other's pages.</param>
    /// <returns>The sequence, whose <see cref="CachedSequence.Length"/> is the tokens that it found; the caller disposes it.</returns>
    /// <exception cref="InvalidOperationException">An allocation is under way: the caller is a handler of
    /// <see cref="PageEvicted"/>.</exception>
    /// <exception cref="ObjectDisposedException">The cache is disposed.</exception>
    public CachedSequence Start(ReadOnlySpan<int> prompt, ReadOnlySpan<byte> salt = default)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        _pool.Allocator.CheckIdle();
        var sequence = new CachedSequence(_pool, salt);
        sequence.Begin(prompt);
        return sequence;
    }

    /// <summary>Sets the scales that numbers share: what a stored number is multiplied by. Tokens appended before keep what they were
    /// stored as.</summary>
    /// <param name="key">The scales of keys: one with <see cref="PageScales.Layer"/>, one a kv head with <see cref="PageScales.Head"/>;
    /// none where keys have no scales.</param>
    /// <param name="value">The scales of values, likewise; none in a latent cache.</param>
    /// <param name="layer">The layer, from 0.</param>
    /// <exception cref="ArgumentException">There are too few or too many, or one is not a positive finite number.</exception>
    /// <exception cref="InvalidOperationException">Each token and head has its own scale.</exception>
    /// <exception cref="ObjectDisposedException">The cache is disposed.</exception>
    public void SetScales(ReadOnlySpan<float> key, ReadOnlySpan<float> value, int layer = 0)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        CheckLayer(layer);
        if (Options.Scales == PageScales.TokenAndHead && (KeyMemory.IsScaled || ValueMemory.IsScaled))
            throw new InvalidOperationException("Each token and head has its own scale, which appending finds; scales can be set with PageScales.Layer and PageScales.Head.");
        TensorView<float> keyScales = KeyScales(layer);
        TensorView<float> valueScales = ValueScales(layer);
        CheckScales(key, keyScales, nameof(key));
        CheckScales(value, IsLatent ? valueScales.Slice(0, 0, 0) : valueScales, nameof(value));
        keyScales.CopyFrom(key);
        if (!IsLatent)
            valueScales.CopyFrom(value);
    }

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
        TensorView<float> key, TensorView<float> value, TensorView<long> slots, int layer = 0, KeyRotation? rotation = null, AcceleratorStream? stream = null) =>
        Append(key, value, slots, NumberFormat.Float32, layer, rotation, stream);

    /// <summary>As the other overload, of tokens of another element type.</summary>
    /// <typeparam name="T">The element type of the new keys and values.</typeparam>
    /// <param name="key">The new keys [tokens, kv heads, headDim].</param>
    /// <param name="value">The new values, like the keys.</param>
    /// <param name="slots">For each token its slot, on the device; a token whose slot is −1, or not a slot of this cache, is skipped.
    /// The slots that are not skipped must be distinct: which of two tokens of one slot is kept, or what of each, is not defined.</param>
    /// <param name="format">The format of the new keys and values.</param>
    /// <param name="layer">The layer, from 0.</param>
    /// <param name="rotation">Rotary embedding of the keys on the way; none where <see langword="null"/>.</param>
    /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A tensor has a wrong shape, strides that kernels cannot use, or is of another device; or the
    /// layer is out of range.</exception>
    /// <exception cref="InvalidOperationException">The cache is latent.</exception>
    /// <exception cref="ObjectDisposedException">The cache, its device or a tensor is disposed.</exception>
    public void Append<T>(
        TensorView<T> key, TensorView<T> value, TensorView<long> slots, NumberFormat<T> format, int layer = 0, KeyRotation? rotation = null,
        AcceleratorStream? stream = null)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(format);
        CheckAppend(slots, layer, rotation, isLatent: false);
        CheckTokens(key, slots, nameof(key));
        CheckTokens(value, slots, nameof(value));
        QueueAppend(format.Type, key, value, slots, layer, rotation, stream);
    }

    /// <summary>
    /// Stores the rows of new tokens of a latent cache, of any number of sequences, in their slots, as the cache stores numbers.
    /// </summary>
    /// <typeparam name="T">The element type of the new rows.</typeparam>
    /// <param name="latent">The new rows [tokens, kv heads, headDim]: the latent, then the rotary elements.</param>
    /// <param name="slots">For each token its slot, on the device, as for <see cref="Append{T}"/>.</param>
    /// <param name="format">The format of the new rows.</param>
    /// <param name="layer">The layer, from 0.</param>
    /// <param name="rotation">Rotary embedding of the last elements of each row on the way; none where <see langword="null"/>.</param>
    /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A tensor has a wrong shape, strides that kernels cannot use, or is of another device; or the
    /// layer is out of range.</exception>
    /// <exception cref="InvalidOperationException">The cache is not latent.</exception>
    /// <exception cref="ObjectDisposedException">The cache, its device or a tensor is disposed.</exception>
    public void AppendLatent<T>(
        TensorView<T> latent, TensorView<long> slots, NumberFormat<T> format, int layer = 0, KeyRotation? rotation = null, AcceleratorStream? stream = null)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(format);
        CheckAppend(slots, layer, rotation, isLatent: true);
        CheckTokens(latent, slots, nameof(latent));
        QueueAppend(format.Type, latent, latent, slots, layer, rotation, stream);
    }

    /// <summary>As the other overload, of fp32 rows.</summary>
    /// <inheritdoc cref="AppendLatent{T}"/>
    public void AppendLatent(
        TensorView<float> latent, TensorView<long> slots, int layer = 0, KeyRotation? rotation = null, AcceleratorStream? stream = null) =>
        AppendLatent(latent, slots, NumberFormat.Float32, layer, rotation, stream);

    /// <summary>Waits for what is under way with the pages and frees them; sequences of the cache can no longer be used.</summary>
    /// <exception cref="InvalidOperationException">The caller is a handler of <see cref="PageEvicted"/>, or a tile of a running
    /// kernel.</exception>
    public void Dispose()
    {
        _pool.Allocator.CheckIdle();
        TileScheduler.ThrowIfInsideTile();
        _pool.IsDisposed = true;
        foreach (PageMemory memory in _memories)
            memory.Dispose();
    }

    /// <summary>Whether a sequence is of this cache.</summary>
    internal bool Owns(CachedSequence sequence) => sequence.Pool == _pool;

    /// <summary>Checks that the cache has a layer.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It has not.</exception>
    internal void CheckLayer(int layer)
    {
        if (layer < 0 || layer >= Options.Layers)
            throw new ArgumentOutOfRangeException(nameof(layer), layer, $"The cache has the layers 0 to {Options.Layers - 1}.");
    }

    /// <summary>Checks that a tensor shares no memory with the pages.</summary>
    /// <exception cref="ArgumentException">It does.</exception>
    internal void CheckDisjoint<T>(TensorView<T> tensor, string name)
        where T : unmanaged
    {
        KeyMemory.CheckDisjoint(tensor, name, "the cache's keys");
        ValueMemory.CheckDisjoint(tensor, name, "the cache's values");
    }

    private void QueueAppend<T>(
        Type element, TensorView<T> key, TensorView<T> value, TensorView<long> slots, int layer, KeyRotation? rotation, AcceleratorStream? stream)
        where T : unmanaged
    {
        AcceleratorStream target = TensorChecks.Stream(Device, stream);
        _appends.GetOrAdd(element, static (type, cache) => PagedAppend.Load(cache, type), this).Run(target, new AppendCall
        {
            Key = key.Data.Cast<byte>(),
            KeyTokenStride = key.Strides[0],
            KeyHeadStride = key.Strides[1],
            Value = value.Data.Cast<byte>(),
            ValueTokenStride = value.Strides[0],
            ValueHeadStride = value.Strides[1],
            Slots = slots,
            Layer = layer,
            Rotation = rotation,
        });
    }

    private void CheckAppend(TensorView<long> slots, int layer, KeyRotation? rotation, bool isLatent)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if (IsLatent != isLatent)
        {
            throw new InvalidOperationException(
                IsLatent ? "The cache is latent; it has no values of its own, and tokens are added by AppendLatent." : "The cache is not latent; tokens are added by Append.");
        }

        CheckLayer(layer);
        TensorChecks.Extents(slots.Shape, 1, nameof(slots), "[tokens]");
        TensorChecks.Usable(Device, slots, nameof(slots));
        if (rotation is { } turned)
            CheckRotation(turned, slots.Shape);
    }

    private void CheckTokens<T>(TensorView<T> tokens, TensorView<long> slots, string name)
        where T : unmanaged
    {
        TensorChecks.Input(Device, tokens, [slots.Shape[0], Options.KeyValueHeads, Options.HeadDimension], name);
        CheckDisjoint(tokens, name);
    }

    private void CheckRotation(KeyRotation rotation, TensorShape tokens)
    {
        const string Name = "rotation";
        ArgumentNullException.ThrowIfNull(rotation.Table, Name);
        if (!Enum.IsDefined(rotation.Style))
            throw new ArgumentException($"The style is {rotation.Style}; it must be HalfSplit or Interleaved.", Name);
        if (rotation.Table.Device != Device)
            throw new ArgumentException($"The table of angles is on {TensorChecks.Other(rotation.Table.Device.Accelerator)}; it must be on {TensorChecks.Own(Device)}.", Name);
        if (rotation.Table.RotaryDimension > Options.HeadDimension)
        {
            throw new ArgumentException(
                $"The rotary dimension is {rotation.Table.RotaryDimension}; it must be at most the head dimension, {Options.HeadDimension}.", Name);
        }

        TensorChecks.Usable(Device, rotation.Table.Cosine.View, Name);
        TensorChecks.Usable(Device, rotation.Positions, Name);
        TensorChecks.Shape(rotation.Positions, tokens, Name);
    }

    private TensorView<T> Units<T>(PageMemory memory, int layer, string name, NumberFormat format)
        where T : unmanaged
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        CheckLayer(layer);
        return memory is IPageUnits<T> units
            ? units.Units(layer)
            : throw new ArgumentException(
                $"The cache stores its {name} as {format}, which the host does not see as {typeof(T).Name}.", nameof(T));
    }

    private TensorView<float> Scales(PageMemory memory, int layer)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        CheckLayer(layer);
        return memory.Scales(layer);
    }

    private static void CheckScales(ReadOnlySpan<float> scales, TensorView<float> target, string name)
    {
        if (scales.Length != target.ElementCount)
            throw new ArgumentException($"{scales.Length} scales were given; there must be {target.ElementCount}.", name);
        for (int index = 0; index < scales.Length; index++)
        {
            if (!(scales[index] > 0f && float.IsFinite(scales[index])))
                throw new ArgumentException($"Scale {index} is {scales[index]}; it must be positive and finite.", name);
        }
    }

    private sealed class Content(PagedKeyValueCache cache) : IPageMemory
    {
        public void CheckStream(AcceleratorStream? stream) => TensorChecks.Stream(cache.Device, stream);

        public void Copy(AcceleratorStream? stream, int source, int target)
        {
            AcceleratorStream queue = TensorChecks.Stream(cache.Device, stream);
            foreach (PageMemory memory in cache._memories)
                memory.Copy(queue, source, target);
        }

        public void CopyToHost(AcceleratorStream? stream, int source, int hostTarget)
        {
            AcceleratorStream queue = TensorChecks.Stream(cache.Device, stream);
            foreach (PageMemory memory in cache._memories)
                memory.CopyToHost(queue, source, hostTarget);
        }

        public void CopyFromHost(AcceleratorStream? stream, int hostSource, int target)
        {
            AcceleratorStream queue = TensorChecks.Stream(cache.Device, stream);
            foreach (PageMemory memory in cache._memories)
                memory.CopyFromHost(queue, hostSource, target);
        }
    }
}
