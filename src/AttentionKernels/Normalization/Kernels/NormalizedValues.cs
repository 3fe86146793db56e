using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

/// <summary>
/// Values that are normalised together: planes of consecutive elements at equal distances. A row is one plane; a channel has one in each sample.
/// </summary>
internal struct NormalizedValues
{
    public ArrayView<float> Input;

    /// <summary>The offset of the first value.</summary>
    public long First;

    /// <summary>Values of a plane.</summary>
    public int PlaneLength;

    /// <summary>Elements from a plane's first value to the next plane's.</summary>
    public long PlaneStride;

    /// <summary>Planes.</summary>
    public int Planes;

    /// <summary>How many values there are.</summary>
    public readonly long Count => (long)Planes * PlaneLength;
}
