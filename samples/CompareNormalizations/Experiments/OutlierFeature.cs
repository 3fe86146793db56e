namespace AttentionKernels.Samples.CompareNormalizations.Experiments;

/// <summary>
/// One feature k deviations off, as the massive activations of language models are; measured is what becomes of all others. Layer norm
/// divides a token of C features by √(σ² + k²σ_0²/C) or so: one feature shrinks all others, and moves the mean that is subtracted from
/// them. RMS norm is the same without the mean, and group norm confines it to the group. Batch norm has statistics of each feature:
/// no other is touched.
/// </summary>
/// <remarks>Sun et al., "Massive Activations in Large Language Models", 2024.</remarks>
internal static class OutlierFeature
{
    private static readonly double[] _sizes = [1, 4, 16, 64, 256];

    /// <summary>Measures it.</summary>
    public static Finding Run(Normalizer norms, Population population) =>
        new("One feature far off", new Axis("shift of feature 0 [its deviations]", _sizes, Logarithmic: true),
            new PerturbedInput(norms, population).Changes(
                _sizes, (value, feature, size) => feature == 0 ? value + (size * population.Deviations[0]) : value,
                counts: feature => feature != 0))
        {
            Measure = new Measure("change of the other features' outputs"),
            Explanation = """
                Where layer and RMS norm break and batch norm does not: features of a token share their statistics, and a large one takes
                all others down to nearly equal outputs. Group norm loses one group of the eight.
                """,
        };
}
