namespace AttentionKernels;

/// <summary>Choices of layer and RMS norm.</summary>
public readonly record struct NormOptions
{
    /// <summary>All defaults. Those of a default value are not: its ε is 0, which is refused.</summary>
    public NormOptions()
    {
    }

    /// <summary>ε; positive and finite.</summary>
    public float Epsilon { get; init; } = 1e-5f;

    /// <summary>Whether weights are stored as offsets from 1, as those of Gemma are: w + 1 takes the place of w.</summary>
    public bool WeightsFromOne { get; init; }

    /// <summary>Forces a schedule; chosen by device where <see langword="null"/>.</summary>
    public KernelSchedule? Schedule { get; init; }
}
