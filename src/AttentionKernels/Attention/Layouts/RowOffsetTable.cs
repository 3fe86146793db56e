using ILGPU;

namespace AttentionKernels.Attention.Layouts;

/// <summary>
/// The row offsets of a tile's keys and values, and of some tokens behind it, in scratch memory: found once, through the block table
/// if there is one, and used by every gather, GEMM and prefetch of the tile.
/// </summary>
internal readonly struct RowOffsetTable
{
    /// <summary>The most tokens: a tile's, and those of the next one, which are prefetched.</summary>
    public const int Capacity = 128;

    /// <summary>Elements of scratch memory.</summary>
    public const int Length = 4 * Capacity * Size;

    // Elements of a 64-bit offset.
    private const int Size = sizeof(long) / sizeof(float);

    private readonly ArrayView<long> _offsets;

    /// <summary>Lays the offsets at the start of scratch memory, where 64-bit numbers are aligned.</summary>
    public RowOffsetTable(ArrayView<float> scratch) => _offsets = scratch.SubView(0, Length).Cast<long>();

    /// <summary>The offsets of the tokens' keys.</summary>
    public ArrayView<long> Keys => _offsets.SubView(0, Capacity);

    /// <summary>The offsets of the tokens' values.</summary>
    public ArrayView<long> Values => _offsets.SubView(Capacity, Capacity);

    /// <summary>The offsets of the scales of the tokens' keys.</summary>
    public ArrayView<long> KeyScales => _offsets.SubView(2 * Capacity, Capacity);

    /// <summary>The offsets of the scales of the tokens' values.</summary>
    public ArrayView<long> ValueScales => _offsets.SubView(3 * Capacity, Capacity);
}
