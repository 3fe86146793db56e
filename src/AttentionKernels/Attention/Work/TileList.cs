using System.Runtime.InteropServices;
using AttentionKernels.Tensors;
using ILGPU;
using ILGPU.Runtime;

namespace AttentionKernels.Attention.Work;

/// <summary>
/// A list of tiles that the host plans and kernels read. Planning allocates only where there are more tiles than ever before, and tiles are
/// copied only where they changed.
/// </summary>
/// <param name="device">The device.</param>
/// <param name="capacity">Tiles that there is memory for at first.</param>
/// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
internal sealed class TileList(AttentionDevice device, int capacity) : IDisposable
{
    private MirroredTensor<WorkTile> _tiles = new(device, capacity);
    private WorkTile[] _planned = new WorkTile[capacity];

    /// <summary>How many tiles there are.</summary>
    public int Count { get; private set; }

    /// <summary>Lists the tiles of all items anew.</summary>
    /// <param name="items">The items.</param>
    /// <param name="grid">The tiles of an item; none where there is nothing to do for it.</param>
    /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
    public void Plan(ReadOnlySpan<PlannedItem> items, Func<PlannedItem, TileGrid> grid)
    {
        Count = 0;
        int count = 0;
        for (int index = 0; index < items.Length; index++)
        {
            TileGrid tiles = grid(items[index]);
            for (int tile = 0; tile < tiles.Count; tile++)
            {
                if (count == _planned.Length)
                    Array.Resize(ref _planned, Math.Max(16, 2 * count));
                _planned[count++] = tiles.At(tile) with { Item = index, StateRow = items[index].StateRow };
            }
        }

        if (count > _tiles.Host.Length)
        {
            var longer = new MirroredTensor<WorkTile>(device, _planned.Length);
            _tiles.Dispose();
            _tiles = longer;
        }

        ReadOnlySpan<WorkTile> planned = _planned.AsSpan(0, count);
        if (!MemoryMarshal.AsBytes(planned).SequenceEqual(MemoryMarshal.AsBytes(_tiles.Host[..count])))
            planned.CopyTo(_tiles.Write(0, count));
        Count = count;
    }

    /// <summary>The tiles on the device, brought up to date first.</summary>
    public ArrayView<WorkTile> Upload(AcceleratorStream stream) => _tiles.Upload(stream).Data.SubView(0, Count);

    /// <summary>Frees the memory.</summary>
    public void Dispose() => _tiles.Dispose();
}
