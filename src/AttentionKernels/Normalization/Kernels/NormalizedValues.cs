namespace AttentionKernels.Normalization.Kernels;

/// <summary>
/// Where values that are normalised together lie: in planes of consecutive elements at equal distances. A row is one plane; a channel has
/// one in each sample.
/// </summary>
/// <remarks>Four fields, and no view: the runtime keeps no larger structs in registers.</remarks>
internal struct NormalizedValues
{
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

    /// <summary>Planes that lie one behind the other, as one, unless that were too long.</summary>
    public readonly NormalizedValues Joined() => Count > int.MaxValue
        ? this
        : new NormalizedValues { First = First, PlaneLength = (int)Count, PlaneStride = Count, Planes = 1 };
}
