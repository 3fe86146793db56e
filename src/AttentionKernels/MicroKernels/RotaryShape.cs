using ILGPU;

namespace AttentionKernels.MicroKernels;

/// <summary>The heads whose pairs turn, and where they lie.</summary>
internal struct RotaryShape
{
    /// <summary>Elements from a head to the next.</summary>
    public long RowStride;

    /// <summary>Elements from a head of the target to the next.</summary>
    public long TargetStride;

    public int Heads;

    /// <summary>Pairs of a head.</summary>
    public int Pairs;

    /// <summary>Elements of a head; those behind the pairs stay as they are.</summary>
    public int Dimension;
}

/// <summary>The angles of a position, one a pair.</summary>
internal readonly struct RotaryAngles
{
    public readonly ArrayView<float> Cosine;
    public readonly ArrayView<float> Sine;

    public RotaryAngles(ArrayView<float> cosine, ArrayView<float> sine)
    {
        Cosine = cosine;
        Sine = sine;
    }
}
