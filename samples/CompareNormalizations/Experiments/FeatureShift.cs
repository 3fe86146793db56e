namespace AttentionKernels.Samples.CompareNormalizations.Experiments;

/// <summary>
/// Each feature shifted by k of its own deviations, up or down in turn: x_c ± k·σ_c, in inference alone. Batch norm by running statistics
/// is off by k, in every feature. A token's mean hardly moves, since ups and downs cancel, but its deviation grows with k: layer, RMS and
/// group norm remove nothing of the shift, and divide everything by more. Their output stays bounded, and tells tokens apart by less.
/// </summary>
internal static class FeatureShift
{
    private static readonly double[] _shifts = [0, 1, 2, 3, 4, 5, 6, 7, 8];

    /// <summary>Measures it.</summary>
    public static Finding Run(Normalizer norms, Population population) =>
        new("A shift of each feature by its own",
            new Axis("shift of each feature, up and down in turn [deviations]", _shifts, Logarithmic: false),
            new PerturbedInput(norms, population).Changes(
                _shifts, (value, feature, shift) => value + (shift * population.Deviations[feature] * (feature % 2 == 0 ? 1 : -1))))
        {
            Measure = new Measure("change of the output"),
            Explanation = """
                Here layer, RMS and group norm break, too: they know the mean of a token, not that of a feature. Their outputs are bounded,
                since the shift also grows what they divide by; those of batch norm by running statistics are off by the whole shift.
                """,
        };
}
