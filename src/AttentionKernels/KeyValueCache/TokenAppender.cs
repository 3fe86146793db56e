using System.Collections.Concurrent;
using AttentionKernels.Devices;
using AttentionKernels.Tensors;
using ILGPU.Runtime;

namespace AttentionKernels.KeyValueCache;

/// <summary>Appends new tokens of any format to a cache: the checks, and for each format the kernels, loaded when its first tokens
/// come.</summary>
internal sealed class TokenAppender(PagedKeyValueCache cache)
{
    // By the format of new tokens and how keys are rotated.
    private readonly ConcurrentDictionary<(Type Element, RotaryStyle Style), PagedAppend> _appends = new();

    /// <summary>Queues the kernel on a stream; all but that is checked.</summary>
    public void Queue(NumberFormat format, in AppendCall call, AcceleratorStream? stream)
    {
        AcceleratorStream target = DeviceChecks.Stream(cache.Device, stream);
        (Type, RotaryStyle) key = (format.Type, call.Rotation?.Style ?? RotaryStyle.HalfSplit);
        _appends.GetOrAdd(key, static (key, cache) => PagedAppend.Load(cache, key.Element, key.Style), cache).Run(target, call);
    }

    /// <summary>Checks keys or values.</summary>
    /// <exception cref="ArgumentException">They have a wrong shape, strides that kernels cannot use, or are of another device.</exception>
    public TokenRows Rows<T>(TensorView<T> tokens, TensorView<long> slots, string name)
        where T : unmanaged
    {
        tokens.CheckInput(cache.Device, [slots.Shape[0], cache.Options.KeyValueHeads, cache.Options.HeadDimension], name);
        cache.Memory.CheckDisjoint(tokens.Footprint, name);
        return new TokenRows(tokens.Data.Cast<byte>(), tokens.Strides[0], tokens.Strides[1]);
    }

    /// <summary>Checks what comes with keys and values.</summary>
    /// <param name="slots">For each token its slot.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="rotation">How keys are rotated.</param>
    /// <param name="isLatent">Whether the cache must be latent.</param>
    /// <exception cref="ArgumentException">The slots or the rotation do not fit, or are of another device; or there is no such
    /// layer.</exception>
    /// <exception cref="InvalidOperationException">The cache is latent, or is not.</exception>
    public void Check(TensorView<long> slots, int layer, KeyRotation? rotation, bool isLatent)
    {
        ObjectDisposedException.ThrowIf(cache.IsDisposed, cache);
        if (cache.IsLatent != isLatent)
        {
            throw new InvalidOperationException(isLatent
                ? "The cache is not latent; tokens are added by Append."
                : "The cache is latent; it has no values of its own, and tokens are added by AppendLatent.");
        }

        cache.CheckLayer(layer);
        TensorChecks.Extents(slots.Shape, 1, nameof(slots), "[tokens]");
        slots.CheckUsable(cache.Device, nameof(slots));
        if (rotation is { } turned)
            CheckRotation(turned, slots.Shape);
    }

    private void CheckRotation(KeyRotation rotation, TensorShape tokens)
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
        rotation.Positions.CheckShape(tokens, Name);
    }
}
