using AttentionKernels.KeyValueCache;
using AttentionKernels.Streams;

namespace AttentionKernels;

/// <summary>
/// Keys and values of all layers in pages of a fixed number of tokens, one pool for all sequences; a <see cref="BlockTable"/> says which
/// pages are whose.
/// </summary>
/// <remarks>
/// Kwon et al., "Efficient memory management for large language model serving with PagedAttention", 2023. A slot holds one
/// token: page × page size + index in the page, the same in all layers.
/// </remarks>
public sealed partial class PagedKeyValueCache : IDisposable
{
    private readonly PagePool _pool;

    /// <summary>Allocates the pages; their content is undefined until tokens are appended. Scales that are given are 1 at first.</summary>
    /// <param name="device">The device.</param>
    /// <param name="options">The sizes.</param>
    /// <exception cref="ArgumentException">A size is out of range.</exception>
    /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
    /// <exception cref="ObjectDisposedException">The device is disposed.</exception>
    /// <example>
    /// <code>
    /// using var cache = new PagedKeyValueCache(device, new CacheOptions
    /// {
    ///     Pages = 1024, Layers = 4, KeyValueHeads = 8, HeadDimension = 128, SharesPrefixes = true,
    ///     KeyFormat = NumberFormat.Int8, ValueFormat = NumberFormat.Float8E4M3,
    /// });
    /// using CachedSequence sequence = cache.Start([1, 450, 4996]);
    /// </code>
    /// </example>
    public PagedKeyValueCache(AttentionDevice device, CacheOptions options)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(options);
        device.ThrowIfDisposed();
        options.Check(nameof(options));
        Device = device;
        Options = options;
        Memory = new CachePages(device, options);
        try
        {
            _pool = new PagePool(
                options.Pages, options.PageSize, options.HostPages, options.Watermark, options.SharesPrefixes, Memory,
                page => PageEvicted?.Invoke(page));
        }
        catch
        {
            Memory.Dispose();
            throw;
        }

        Appender = new TokenAppender(this);
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
    public double BytesPerToken => (double)Memory.PageBytes / Options.PageSize;

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
    public bool IsDisposed => Memory.IsDisposed;

    /// <summary>The memory of the pages.</summary>
    internal CachePages Memory { get; }

    /// <summary>What stores tokens.</summary>
    internal TokenAppender Appender { get; }

    /// <summary>The scales of a layer's keys [pages, kv heads, tokens], with extents of 1 where a scale is shared; empty where keys have
    /// none.</summary>
    /// <param name="layer">The layer, from 0.</param>
    /// <returns>The scales.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The layer is out of range.</exception>
    /// <exception cref="ObjectDisposedException">The cache is disposed.</exception>
    public TensorView<float> KeyScales(int layer = 0) => Scales(Memory.Keys, layer);

    /// <summary>The scales of a layer's values, like the keys'.</summary>
    /// <inheritdoc cref="KeyScales"/>
    public TensorView<float> ValueScales(int layer = 0) => Scales(Memory.Values, layer);

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
        if (Options.Scales == PageScales.TokenAndHead && (Memory.Keys.IsScaled || Memory.Values.IsScaled))
        {
            throw new InvalidOperationException(
                "Each token and head has its own scale, which appending finds; scales can be set with PageScales.Layer and " +
                "PageScales.Head.");
        }

        TensorView<float> keyScales = KeyScales(layer);
        TensorView<float> valueScales = ValueScales(layer);
        CheckScales(key, keyScales, nameof(key));
        CheckScales(value, IsLatent ? valueScales.Slice(0, 0, 0) : valueScales, nameof(value));
        keyScales.CopyFrom(key);
        if (!IsLatent)
            valueScales.CopyFrom(value);
    }

    /// <summary>Waits for what is under way with the pages and frees them; sequences of the cache can no longer be used.</summary>
    /// <exception cref="InvalidOperationException">The caller is a handler of <see cref="PageEvicted"/>, or a tile of a running
    /// kernel.</exception>
    public void Dispose()
    {
        _pool.Allocator.CheckIdle();
        TileScheduler.ThrowIfInsideTile();
        _pool.IsDisposed = true;
        Appender.Dispose();
        Memory.Dispose();
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

    /// <summary>Checks that the cache is alive and has a layer.</summary>
    internal void CheckUsable(int layer)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        CheckLayer(layer);
    }

    private TensorView<float> Scales(PageMemory memory, int layer)
    {
        CheckUsable(layer);
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
}
