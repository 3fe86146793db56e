using ILGPU;

namespace AttentionKernels.MicroKernels;

/// <summary>A tile of fp32 in memory: rows of consecutive numbers, from each to the next a stride.</summary>
internal readonly struct TileView
{
    public readonly ArrayView<float> Data;
    public readonly int Stride;

    public TileView(ArrayView<float> data, int stride)
    {
        Data = data;
        Stride = stride;
    }

    /// <summary>The tile from an element of its memory on.</summary>
    public TileView From(long element) => new(Data.SubView(element), Stride);

    /// <summary>Checks that so many rows lie in the memory.</summary>
    public void Check(long rows, long columns) => MicroKernel.CheckExtent(Data.Length, ((rows - 1) * Stride) + columns);
}
