namespace AttentionKernels.Normalization;

/// <summary>Which norm a plan of gradients is for, and how large its tensors may be.</summary>
/// <param name="Count">The most rows, or samples, of a run.</param>
/// <param name="Features">Elements of a row, or channels.</param>
/// <param name="Groups">Groups of channels; 0 where the norm is of rows.</param>
/// <param name="IsRms">Whether it is RMS norm.</param>
internal readonly record struct NormBackwardSize(long Count, int Features, int Groups = 0, bool IsRms = false)
{
    /// <summary>Whether it is group norm.</summary>
    public bool IsByGroup => Groups > 0;

    // So many that rows of sums of them can be counted in 32 bits.
    private const int MostFeatures = 1 << 28;

    /// <summary>The size of rows.</summary>
    public static NormBackwardSize OfRows(long rows, int hidden, bool isRms)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows, int.MaxValue);
        CheckFeatures(hidden, nameof(hidden));
        return new NormBackwardSize(rows, hidden, IsRms: isRms);
    }

    /// <summary>The size of samples with groups of channels.</summary>
    public static NormBackwardSize OfGroups(int batch, int channels, int groups)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(batch);
        CheckFeatures(channels, nameof(channels));
        NormChecks.Groups(groups, channels);
        return new NormBackwardSize(batch, channels, groups);
    }

    private static void CheckFeatures(int features, string name)
    {
        if (features is < 1 or > MostFeatures)
            throw new ArgumentOutOfRangeException(name, features, $"There must be from 1 to {MostFeatures} of them.");
    }
}
