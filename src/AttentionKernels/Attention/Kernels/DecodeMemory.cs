using AttentionKernels.Attention.Work;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

/// <summary>The shared memory of a work group that decodes.</summary>
internal readonly struct DecodeMemory
{
    private DecodeMemory(ArrayView<RegisterRow> panel, ArrayView<RegisterRow> queries, ArrayView<RegisterRow> weights)
    {
        Panel = panel;
        Queries = queries;
        Weights = weights;
        Maxima = SharedMemory.Allocate<float>(TileSizes.SimtDecodeRows);
        Factors = SharedMemory.Allocate<float>(TileSizes.SimtDecodeRows);
        QueryRows = SharedMemory.Allocate<long>(TileSizes.SimtDecodeRows);
        KeyRows = SharedMemory.Allocate<long>(TileSizes.SimtDecodeKeys);
        ValueRows = SharedMemory.Allocate<long>(TileSizes.SimtDecodeKeys);
        Positions = SharedMemory.Allocate<Position>(TileSizes.SimtDecodeRows);
    }

    /// <summary>That of the work group; once a kernel.</summary>
    public static DecodeMemory Allocate() => new(
        SharedMemory.Allocate<RegisterRow>(TileSizes.SimtDecodeKeys * TileSizes.SimtDecodeLineFours),
        SharedMemory.Allocate<RegisterRow>(TileSizes.SimtDecodeRows * TileSizes.SimtDecodeLine / 4),
        SharedMemory.Allocate<RegisterRow>(TileSizes.SimtDecodeRows * TileSizes.SimtDecodeWeightFours));

    /// <summary>A panel of keys, of values, or the outputs of each part; in fours.</summary>
    public ArrayView<RegisterRow> Panel { get; }

    /// <summary>The queries' lines, [row]; in fours.</summary>
    public ArrayView<RegisterRow> Queries { get; }

    /// <summary>Products, then scores, then weights, [row][key]; in fours.</summary>
    public ArrayView<RegisterRow> Weights { get; }

    /// <summary>For each row what its scores are less by in the exponent.</summary>
    public ArrayView<float> Maxima { get; }

    /// <summary>For each row the factor of what it has accumulated so far.</summary>
    public ArrayView<float> Factors { get; }

    /// <summary>Where the queries lie.</summary>
    public ArrayView<long> QueryRows { get; }

    /// <summary>Where the keys lie.</summary>
    public ArrayView<long> KeyRows { get; }

    /// <summary>Where the values lie.</summary>
    public ArrayView<long> ValueRows { get; }

    /// <summary>For each row where its query stands, against the first key.</summary>
    public ArrayView<Position> Positions { get; }
}
