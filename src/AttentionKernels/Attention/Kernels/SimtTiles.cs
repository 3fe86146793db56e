using AttentionKernels.Attention.Work;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

/// <summary>The rows of a Simt kernel's work group: consecutive rows of an item, and how many of them there are.</summary>
internal readonly struct SimtRows
{
    private readonly int _headGroup;

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
        _headGroup = headGroup;
        KeyValueHead = keyValueHead;
        First = first;
        Count = count;
    }

    public WorkItem Item { get; }

    public int FirstHead { get; }

    public int KeyValueHead { get; }

    public int First { get; }

    public int Count { get; }

    /// <summary>The query token of a row of the tile.</summary>
    public int Query(int row) => (First + row) / _headGroup;

    /// <summary>The query head of a row of the tile.</summary>
    public int Head(int row) => FirstHead + ((First + row) % _headGroup);
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
    public SimtMemory(ArrayView<float> panels, ArrayView<float> weights, ArrayView<float> partials, ArrayView<float> factors)
    {
        Panels = panels;
        Weights = weights;
        Partials = partials;
        Factors = factors;
    }

    /// <summary>Queries and keys [dimension][row], then values [key][column].</summary>
    public ArrayView<float> Panels { get; }

    /// <summary>Scores, then weights, [row][key].</summary>
    public ArrayView<float> Weights { get; }

    /// <summary>What the threads of a row reduce.</summary>
    public ArrayView<float> Partials { get; }

    /// <summary>For each row the factor of what it has accumulated so far.</summary>
    public ArrayView<float> Factors { get; }
}
