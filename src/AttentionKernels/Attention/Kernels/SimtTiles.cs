using AttentionKernels.Attention.Work;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

/// <summary>The rows of a Simt kernel's work group: consecutive rows of an item, and how many of them there are.</summary>
internal readonly struct SimtRows
{
    /// <param name="item">The item of work.</param>
    /// <param name="firstHead">The first query head of the rows.</param>
    /// <param name="headGroup">Over how many query heads the rows go: row = query · head group + head.</param>
    /// <param name="keyValueHead">The kv head of all of them.</param>
    /// <param name="first">The first row.</param>
    /// <param name="count">How many; none where this is not positive.</param>
    public SimtRows(WorkItem item, int firstHead, int headGroup, int keyValueHead, int first, int count)
    {
        Item = item;
        FirstHead = firstHead;
        HeadGroup = headGroup;
        KeyValueHead = keyValueHead;
        First = first;
        Count = count;
    }

    public WorkItem Item { get; }

    public int FirstHead { get; }

    public int HeadGroup { get; }

    public int KeyValueHead { get; }

    public int First { get; }

    public int Count { get; }

    /// <summary>The query token of a row of the tile.</summary>
    public int Query(int row) => (First + row) / HeadGroup;

    /// <summary>The query head of a row of the tile.</summary>
    public int Head(int row) => FirstHead + ((First + row) % HeadGroup);
}

/// <summary>The keys of a Simt kernel's tile.</summary>
internal readonly struct SimtKeys
{
    public SimtKeys(int first, int count)
    {
        First = first;
        Count = count;
    }

    /// <summary>The first key, from the item's first.</summary>
    public int First { get; }

    /// <summary>How many.</summary>
    public int Count { get; }
}

/// <summary>The shared memory of a tiled Simt kernel's work group.</summary>
internal readonly struct SimtMemory
{
    private SimtMemory(ArrayView<RegisterRow> panels, ArrayView<RegisterRow> weights, ArrayView<RegisterRow> factors)
    {
        Panels = panels;
        Weights = weights;
        Factors = factors;
        Partials = SharedMemory.Allocate<float>(TileSizes.SimtParts * TileSizes.SimtRows);
        ValueRows = SharedMemory.Allocate<long>(TileSizes.SimtKeys);
        ValueScales = SharedMemory.Allocate<float>(TileSizes.SimtKeys);
    }

    /// <summary>That of the work group; once a kernel.</summary>
    public static SimtMemory Allocate() => new(
        SharedMemory.Allocate<RegisterRow>(2 * TileSizes.SimtPanelDepth * TileSizes.SimtRowStride / 4),
        SharedMemory.Allocate<RegisterRow>(TileSizes.SimtKeys * TileSizes.SimtRowStride / 4),
        SharedMemory.Allocate<RegisterRow>(TileSizes.SimtRows / 4));

    /// <summary>Queries and keys [dimension][row], then values [key][column]; in fours.</summary>
    public ArrayView<RegisterRow> Panels { get; }

    /// <summary>Products, then scores, then weights, [key][row]; in fours.</summary>
    public ArrayView<RegisterRow> Weights { get; }

    /// <summary>What the threads of a row reduce, [part][row].</summary>
    public ArrayView<float> Partials { get; }

    /// <summary>For each row the factor of what it has accumulated so far; in fours.</summary>
    public ArrayView<RegisterRow> Factors { get; }

    /// <summary>The offsets of the values.</summary>
    public ArrayView<long> ValueRows { get; }

    /// <summary>The scales of the values, where they have some.</summary>
    public ArrayView<float> ValueScales { get; }
}
