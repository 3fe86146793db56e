namespace AttentionKernels.Samples.CompareNormalizations.Experiments;

/// <summary>
/// The input times s, in inference alone. Layer norm of s·x is that of x, but for ε: mean and deviation grow with s; so do the root mean
/// square of RMS norm, the groups of group norm and the batch's statistics. Running statistics do not: (s·x_c − μ_c) / σ_c.
/// </summary>
/// <remarks>Zhang and Sennrich, 2019, table 1.</remarks>
internal static class Scale
{
    private static readonly double[] _scales = [0.25, 0.5, 1, 2, 4];

    /// <summary>Measures it.</summary>
    public static Finding Run(Normalizer norms, Population population) =>
        new("A factor of the input", new Axis("factor of the input", _scales, Logarithmic: true),
            new PerturbedInput(norms, population).Changes(_scales, (value, _, scale) => value * scale))
        {
            Measure = new Measure("change of the output"),
            Explanation = """
                All norms that take their statistics from the input are invariant to its scale, but for ε. Batch norm by running
                statistics is not.
                """,
        };
}
