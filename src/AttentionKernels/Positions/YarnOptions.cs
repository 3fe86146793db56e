namespace AttentionKernels;

/// <summary>What YaRN scaling may have another of than the paper; see <see cref="RotaryFrequencies.Yarn"/>.</summary>
public sealed record YarnOptions
{
    /// <summary>Pairs that turn more often than this within the trained positions stay as they are; β in the paper, 32.</summary>
    public double FastTurns { get; init; } = 32;

    /// <summary>Pairs that turn less often than this are interpolated; α in the paper, 1.</summary>
    public double SlowTurns { get; init; } = 1;

    /// <summary>Whether the ramp begins and ends at whole pairs, as the authors' code has it; <c>truncate</c> in models' files.</summary>
    public bool RoundsToPairs { get; init; } = true;

    /// <summary>What rotated elements are multiplied by, for models that give it, or <c>mscale</c>; 0.1·ln(factor) + 1, 1 for factors up
    /// to 1, where <see langword="null"/>.</summary>
    public double? AttentionFactor { get; init; }
}
