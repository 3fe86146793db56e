using AttentionKernels.KeyValueCache.Kernels;
using ILGPU.Runtime;

namespace AttentionKernels.KeyValueCache;

/// <summary>Rows of a block table that only the device has, and what was found of them.</summary>
internal sealed class DeviceRows(PagedKeyValueCache cache, TensorView<int> pages, TensorView<int> keyLengths) : IDisposable
{
    private readonly TileKernel<CheckBlockTable, CheckBlockTableArguments> _check =
        cache.Device.LoadTileKernel<CheckBlockTable, CheckBlockTableArguments>();

    private readonly Tensor<int> _found = cache.Device.Upload(new int[2 * pages.Shape[0]], [2, pages.Shape[0]]);

    /// <summary>Whether what was found is gone.</summary>
    public bool IsDisposed => _found.IsDisposed;

    /// <summary>Queues the check on a stream.</summary>
    /// <returns>The entries, and the lengths as attention is to take them: 0 where a row is wrong.</returns>
    public (TensorView<int> Pages, TensorView<int> KeyLengths) Check(AcceleratorStream stream, TensorView<int> queryStarts)
    {
        pages.CheckUsable(cache.Device, nameof(pages));
        keyLengths.CheckUsable(cache.Device, nameof(keyLengths));
        var arguments = new CheckBlockTableArguments
        {
            BlockTable = pages.Data,
            KeyLengths = keyLengths.Data,
            QueryStarts = queryStarts.Data,
            CheckedLengths = Row(0).Data,
            Faults = Row(1).Data,
            PagesPerSequence = (int)pages.Shape[1],
            PageSize = cache.Options.PageSize,
            Pages = cache.Options.Pages,
        };
        _check.Run(stream, arguments, pages.Shape[0]);
        return (pages, Row(0));
    }

    /// <summary>Waits for the last check and tells which rows it found wrong.</summary>
    public int[] ReadFaults() => [.. Row(1).ToArray().Index().Where(fault => fault.Item != 0).Select(fault => fault.Index)];

    /// <inheritdoc/>
    public void Dispose() => _found.Dispose();

    private TensorView<int> Row(int row) => _found.View.Slice(0, row, 1).Reshape([keyLengths.Shape[0]]);
}
