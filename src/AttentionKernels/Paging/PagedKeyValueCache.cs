using AttentionKernels.Attention;
using AttentionKernels.Memory;
using AttentionKernels.Paging.Kernels;
using ILGPU.Runtime;

namespace AttentionKernels;

/// <summary>
/// Keys and values in pages of a fixed number of tokens, one pool for all sequences; a <see cref="BlockTable"/> says which pages are whose.
/// </summary>
/// <remarks>
/// Kwon et al., "Efficient memory management for large language model serving with PagedAttention", 2023. A slot is the place of one
/// token: page × page size + place in the page.
/// </remarks>
public sealed class PagedKeyValueCache : IDisposable
{
    private readonly TileKernel<AppendToPages, AppendArguments> _append;

    /// <summary>Allocates the pages; their content is undefined until tokens are appended.</summary>
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
        Check(options.Pages >= 1, $"There are {options.Pages} pages; there must be at least 1.");
        Check(options.PageSize is >= 1 and <= 256, $"The page size is {options.PageSize}; it must be from 1 to 256.");
        Check(options.KeyValueHeads >= 1, $"There are {options.KeyValueHeads} kv heads; there must be at least 1.");
        Check(options.HeadDimension is >= 1 and <= AttentionProblem.MaximumHeadDimension,
            $"The head dimension is {options.HeadDimension}; it must be from 1 to {AttentionProblem.MaximumHeadDimension}.");
        Device = device;
        Options = options;
        TensorShape shape = [options.Pages, options.PageSize, options.KeyValueHeads, options.HeadDimension];
        _append = device.LoadTileKernel<AppendToPages, AppendArguments>();
        Key = device.Allocate<float>(shape);
        try
        {
            Value = device.Allocate<float>(shape);
        }
        catch
        {
            Key.Dispose();
            throw;
        }

        static void Check(bool holds, string message)
        {
            if (!holds)
                throw new ArgumentException(message, nameof(options));
        }
    }

    /// <summary>The device.</summary>
    public AttentionDevice Device { get; }

    /// <summary>The sizes.</summary>
    public CacheOptions Options { get; }

    /// <summary>The keys [page, token, kv head, headDim].</summary>
    public Tensor<float> Key { get; }

    /// <summary>The values [page, token, kv head, headDim].</summary>
    public Tensor<float> Value { get; }

    /// <summary>The number of slots: pages × page size.</summary>
    public long Slots => (long)Options.Pages * Options.PageSize;

    /// <summary>Whether the cache was disposed.</summary>
    public bool IsDisposed => Key.IsDisposed;

    /// <summary>
    /// Writes the keys and values of new tokens, of any number of sequences, into their slots.
    /// </summary>
    /// <param name="key">The new keys [tokens, kv heads, headDim].</param>
    /// <param name="value">The new values, like the keys.</param>
    /// <param name="slots">For each token its slot, on the device; a token whose slot is −1, or not a slot of this cache, is skipped.
    /// The slots that are not skipped must be distinct: which of two tokens of one slot is kept, or what of each, is not defined.</param>
    /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A tensor has a wrong shape, strides that kernels cannot use, or is of another device.</exception>
    /// <exception cref="ObjectDisposedException">The cache, its device or a tensor is disposed.</exception>
    public void Append(TensorView<float> key, TensorView<float> value, TensorView<long> slots, AcceleratorStream? stream = null)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        TensorChecks.Extents(slots.Shape, 1, nameof(slots), "[tokens]");
        TensorShape expected = [slots.Shape[0], Options.KeyValueHeads, Options.HeadDimension];
        TensorChecks.Input(Device, key, expected, nameof(key));
        TensorChecks.Input(Device, value, expected, nameof(value));
        TensorChecks.Input(Device, slots, slots.Shape, nameof(slots));
        TensorChecks.Disjoint(Key.View, "the cache's keys", key, nameof(key));
        TensorChecks.Disjoint(Value.View, "the cache's values", value, nameof(value));
        AcceleratorStream target = TensorChecks.Stream(Device, stream);
        int rowLength = Options.KeyValueHeads * Options.HeadDimension;
        // On a GPU neighbouring threads take neighbouring elements; a processor takes a token at a time.
        int perTile = Device.IsGpu ? 1 : rowLength;
        _append.Run(target, new AppendArguments
        {
            Key = key.Data,
            Value = value.Data,
            Slots = slots.Data,
            KeyPages = Key.View.Data,
            ValuePages = Value.View.Data,
            KeyTokenStride = key.Strides[0],
            KeyHeadStride = key.Strides[1],
            ValueTokenStride = value.Strides[0],
            ValueHeadStride = value.Strides[1],
            SlotCount = Slots,
            HeadDimension = Options.HeadDimension,
            RowLength = rowLength,
            ElementsPerTile = perTile,
        }, slots.Shape[0] * (rowLength / perTile));
    }

    /// <summary>Frees the pages.</summary>
    public void Dispose()
    {
        Key.Dispose();
        Value.Dispose();
    }
}
