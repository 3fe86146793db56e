using System.Collections.Concurrent;
using AttentionKernels.Devices;
using AttentionKernels.Streams;
using AttentionKernels.Tensors;
using ILGPU.Runtime;

namespace AttentionKernels.KeyValueCache;

/// <summary>Appends new tokens of any format to a cache: the checks, and for each format the kernels, loaded when its first tokens
/// come.</summary>
internal sealed class TokenAppender(PagedKeyValueCache cache) : IDisposable
{
    // By the format of new tokens and how keys are rotated.
    private readonly ConcurrentDictionary<(Type Element, RotaryStyle Style), PagedAppend> _appends = new();

    // Of the sequence that was appended to last.
    private readonly SlotList _slots = new(cache.Device);

    /// <summary>Queues the kernel on a stream; all but that is checked.</summary>
    public void Queue(NumberFormat format, in AppendCall call, AcceleratorStream? stream)
    {
        AcceleratorStream target = DeviceChecks.Stream(cache.Device, stream);
        Loaded(format, call.Rotation).Run(target, call);
    }

    /// <summary>Makes room for tokens of a sequence and queues the kernel; all but the sequence, its first token and the stream is
    /// checked.</summary>
    /// <param name="format">The format of the rows.</param>
    /// <param name="call">The rows, without slots.</param>
    /// <param name="sequence">The sequence.</param>
    /// <param name="first">The first token; where <see langword="null"/>, that behind the last.</param>
    /// <param name="stream">The stream.</param>
    /// <exception cref="ArgumentException">The sequence is of another cache, the first token is out of range or must be given, or the
    /// stream is of another device.</exception>
    /// <exception cref="CacheCapacityException">There are too few pages.</exception>
    /// <exception cref="InvalidOperationException">The sequence is swapped out.</exception>
    public void Queue(NumberFormat format, in AppendCall call, CachedSequence sequence, int? first, AcceleratorStream? stream)
    {
        TileScheduler.ThrowIfInsideTile();
        ObjectDisposedException.ThrowIf(sequence.IsDisposed, sequence);
        if (!cache.Owns(sequence))
            throw new ArgumentException("The sequence is of another cache.", nameof(sequence));
        if (first is null && cache.Options.Layers > 1)
        {
            throw new ArgumentException(
                $"The cache has {cache.Options.Layers} layers: the first token must be given, so that all of them store the same tokens.",
                nameof(first));
        }

        int length = sequence.Length;
        int start = first ?? length;
        int count = call.Key.Count;
        sequence.CheckReserve(start, count, stream);
        if (count == 0)
            return;

        // What may be refused but by the driver comes before anything changes: a rewritten page is not found any more.
        AcceleratorStream target = DeviceChecks.Stream(cache.Device, stream);
        PagedAppend append = Loaded(format, call.Rotation);
        _slots.Reserve(count);
        sequence.Reserve(start, count, stream);
        try
        {
            append.Run(target, call with { Slots = _slots.Of(sequence, start, count, target) });
        }
        catch
        {
            sequence.Truncate(length);
            throw;
        }
    }

    /// <summary>How many tokens there are rows of.</summary>
    /// <exception cref="ArgumentException">The rows are of another rank.</exception>
    public static int Count(TensorShape tokens, string name)
    {
        TensorChecks.Extents(tokens, 3, name, "[tokens, kv heads, headDim]");
        return (int)tokens[0];
    }

    /// <summary>Checks keys or values.</summary>
    /// <exception cref="ArgumentException">They have a wrong shape, strides that kernels cannot use, or are of another device.</exception>
    public TokenRows Rows<T>(TensorView<T> tokens, long count, string name)
        where T : unmanaged
    {
        tokens.CheckInput(cache.Device, [count, cache.Options.KeyValueHeads, cache.Options.HeadDimension], name);
        cache.Memory.CheckDisjoint(tokens.Footprint, name);
        return new TokenRows(tokens.Data.Cast<byte>(), (int)count, tokens.Strides[0], tokens.Strides[1]);
    }

    /// <summary>Checks the slots of tokens.</summary>
    /// <exception cref="ArgumentException">They have a wrong shape, or are of another device.</exception>
    public void CheckSlots(TensorView<long> slots)
    {
        TensorChecks.Extents(slots.Shape, 1, nameof(slots), "[tokens]");
        slots.CheckUsable(cache.Device, nameof(slots));
    }

    /// <summary>Checks what comes with keys and values.</summary>
    /// <param name="tokens">How many tokens there are.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="rotation">How keys are rotated.</param>
    /// <param name="isLatent">Whether the cache must be latent.</param>
    /// <exception cref="ArgumentException">The rotation does not fit, or is of another device; or there is no such layer.</exception>
    /// <exception cref="InvalidOperationException">The cache is latent, or is not.</exception>
    public void Check(long tokens, int layer, KeyRotation? rotation, bool isLatent)
    {
        ObjectDisposedException.ThrowIf(cache.IsDisposed, cache);
        if (cache.IsLatent != isLatent)
        {
            throw new InvalidOperationException(isLatent
                ? "The cache is not latent; tokens are added by Append."
                : "The cache is latent; it has no values of its own, and tokens are added by AppendLatent.");
        }

        cache.CheckLayer(layer);
        if (rotation is { } turned)
            CheckRotation(turned, tokens);
    }

    /// <summary>Frees what appending to sequences has taken.</summary>
    public void Dispose() => _slots.Dispose();

    private PagedAppend Loaded(NumberFormat format, KeyRotation? rotation)
    {
        (Type, RotaryStyle) key = (format.Type, rotation?.Style ?? RotaryStyle.HalfSplit);
        return _appends.GetOrAdd(key, static (key, cache) => PagedAppend.Load(cache, key.Element, key.Style), cache);
    }

    private void CheckRotation(KeyRotation rotation, long tokens)
    {
        const string Name = "rotation";
        ArgumentNullException.ThrowIfNull(rotation.Table, Name);
        if (!Enum.IsDefined(rotation.Style))
            throw new ArgumentException($"The style is {rotation.Style}; it must be HalfSplit or Interleaved.", Name);
        if (rotation.Table.Device != cache.Device)
        {
            string other = DeviceChecks.Other(rotation.Table.Device.Accelerator);
            throw new ArgumentException($"The table of angles is on {other}; it must be on {DeviceChecks.Own(cache.Device)}.", Name);
        }

        int most = cache.Options.HeadDimension;
        if (rotation.Table.RotaryDimension > most)
        {
            throw new ArgumentException(
                $"The rotary dimension is {rotation.Table.RotaryDimension}; it must be at most the head dimension, {most}.", Name);
        }

        rotation.Table.Cosine.View.CheckUsable(cache.Device, Name);
        rotation.Positions.CheckUsable(cache.Device, Name);
        rotation.Positions.CheckShape([tokens], Name);
    }
}
