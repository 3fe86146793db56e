using AttentionKernels.Attention.Layouts;
using AttentionKernels.Formats;
using AttentionKernels.Launching;
using AttentionKernels.Tensors;
using ILGPU.Runtime;

namespace AttentionKernels.KeyValueCache;

/// <summary>The memory of all keys, or of all values, of a paged cache: their stored numbers, and the scales of those that have
/// some.</summary>
internal abstract class PageMemory : IDisposable
{
    /// <summary>Whether stored numbers have scales.</summary>
    public abstract bool IsScaled { get; }

    /// <summary>Whether the memory was freed.</summary>
    public abstract bool IsDisposed { get; }

    /// <summary>Bytes of a page in all layers, its scales included.</summary>
    public abstract long PageBytes { get; }

    /// <summary>The scales of a layer [pages, heads, tokens], with extents of 1 where a scale is shared; empty where there are
    /// none.</summary>
    public abstract TensorView<float> Scales(int layer);

    /// <summary>Allocates memory on the device, and on the host for pages that are swapped out.</summary>
    /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
    public static PageMemory Allocate(AttentionDevice device, CacheOptions options, NumberFormat format) =>
        ClosedTypes.Create<PageMemory>(typeof(PageMemory<,>), [format.Unit, format.Type], device, options);

    /// <summary>The tokens of a layer.</summary>
    public abstract KeyValueMemory Tokens(int layer);

    /// <summary>Queues a copy of a page, in all layers, to another.</summary>
    public abstract void Copy(PageCopy copy, AcceleratorStream stream, int source, int target);

    /// <summary>Checks that a tensor shares no memory with the pages.</summary>
    public abstract void CheckDisjoint(in Footprint tensor, string tensorName, string name);

    /// <inheritdoc/>
    public abstract void Dispose();
}

/// <summary>Page memory by what the host sees of it.</summary>
/// <typeparam name="T">What the host sees of a unit of memory.</typeparam>
internal interface IPageUnits<T>
    where T : unmanaged
{
    /// <summary>The units of a layer [pages, tokens, heads, units], or [pages, heads, tokens, units].</summary>
    TensorView<T> Units(int layer);
}

/// <summary>The memory for one way of storing numbers.</summary>
/// <typeparam name="T">What the host sees of a unit of memory.</typeparam>
/// <typeparam name="TFormat">What kernels see of it.</typeparam>
internal sealed class PageMemory<T, TFormat> : PageMemory, IPageUnits<T>
    where T : unmanaged
    where TFormat : unmanaged, IFormat<TFormat>
{
    private readonly bool _headsFirst;
    private readonly MirroredPages<T> _units;
    private readonly MirroredPages<float> _scales;

    // Whether each page has its own scales, which go where it goes.
    private readonly bool _scalesAreOfPages;
    private readonly bool _scalesAreOfHeads;

    public PageMemory(AttentionDevice device, CacheOptions options)
    {
        _headsFirst = options.Layout == PageLayout.HeadsFirst;
        _scalesAreOfPages = TFormat.IsScaled && options.Scales == PageScales.TokenAndHead;
        _scalesAreOfHeads = TFormat.IsScaled && options.Scales != PageScales.Layer;
        int unitsPerHead = (options.HeadDimension + TFormat.PerUnit - 1) / TFormat.PerUnit;
        _units = new MirroredPages<T>(
            device, options.Layers, options.Pages, options.HostPages, _headsFirst
                ? [options.KeyValueHeads, options.PageSize, unitsPerHead]
                : [options.PageSize, options.KeyValueHeads, unitsPerHead]);
        try
        {
            // A head's lie side by side, as a kernel loads them. Without scales an empty tensor stands in, since kernels take a view.
            int pages = _scalesAreOfPages ? options.Pages : TFormat.IsScaled ? 1 : 0;
            _scales = new MirroredPages<float>(
                device, TFormat.IsScaled ? options.Layers : 1, pages, _scalesAreOfPages ? options.HostPages : 0,
                [_scalesAreOfHeads ? options.KeyValueHeads : 1, _scalesAreOfPages ? options.PageSize : 1]);
            if (!TFormat.IsScaled)
                return;
            float[] ones = new float[_scales.Layer(0).ElementCount];
            Array.Fill(ones, 1f);
            for (int layer = 0; layer < options.Layers; layer++)
                _scales.Layer(layer).CopyFrom(ones);
        }
        catch
        {
            _units.Dispose();
            _scales?.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override bool IsScaled => TFormat.IsScaled;

    /// <inheritdoc/>
    public override bool IsDisposed => _units.IsDisposed;

    /// <inheritdoc/>
    public override long PageBytes => _units.PageBytes + (_scalesAreOfPages ? _scales.PageBytes : 0);

    /// <inheritdoc/>
    public TensorView<T> Units(int layer) => _units.Layer(layer);

    /// <inheritdoc/>
    public override TensorView<float> Scales(int layer) => _scales.Layer(TFormat.IsScaled ? layer : 0);

    /// <inheritdoc/>
    public override KeyValueMemory Tokens(int layer)
    {
        TensorView<T> units = Units(layer);
        TensorView<float> scales = Scales(layer);
        return new KeyValueMemory(
            units.Data.Cast<byte>(), units.Strides[0], units.Strides[_headsFirst ? 2 : 1], units.Strides[_headsFirst ? 1 : 2],
            scales.Data, _scalesAreOfPages ? scales.Strides[0] : 0, _scalesAreOfPages ? scales.Strides[2] : 0,
            _scalesAreOfHeads ? (int)scales.Strides[1] : 0);
    }

    /// <inheritdoc/>
    public override void Copy(PageCopy copy, AcceleratorStream stream, int source, int target)
    {
        _units.Copy(copy, stream, source, target);
        if (_scalesAreOfPages)
            _scales.Copy(copy, stream, source, target);
    }

    /// <inheritdoc/>
    public override void CheckDisjoint(in Footprint tensor, string tensorName, string name)
    {
        _units.CheckDisjoint(tensor, tensorName, name);
        _scales.CheckDisjoint(tensor, tensorName, name);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _units.Dispose();
        _scales.Dispose();
    }
}
