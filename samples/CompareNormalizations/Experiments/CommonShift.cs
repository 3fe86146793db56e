namespace AttentionKernels.Samples.CompareNormalizations.Experiments;

/// <summary>
/// The same amount added to every feature, in inference alone: x + k·s, where 1/s² is the mean of the features' 1/σ_c². Batch norm by
/// running statistics gives (x_c + k·s − μ_c) / σ_c, off by k in the root mean square. Layer and group norm subtract the token's own mean,
/// and with it the shift. RMS norm subtracts nothing: it is invariant to scale, not to shift.
/// </summary>
/// <remarks>Ba, Kiros and Hinton, 2016, table 1; Zhang and Sennrich, 2019, table 1.</remarks>
internal static class CommonShift
{
    private static readonly double[] _shifts = [0, 1, 2, 3, 4, 5, 6, 7, 8];

    /// <summary>Measures it.</summary>
    public static Finding Run(Normalizer norms, Population population)
    {
        double unit = 1 / Math.Sqrt(population.Variances.Average(variance => 1 / variance));
        return new Finding("A shift of all features alike", new Axis("shift of the input [deviations]", _shifts, Logarithmic: false),
            new PerturbedInput(norms, population).Changes(_shifts, (value, _, shift) => value + (shift * unit)))
        {
            Measure = new Measure("change of the output"),
            Explanation = """
                Running statistics still centre what training saw: batch norm's output is off by the whole shift. Layer and group norm
                re-centre; RMS norm, which does not, tends to the same output for all features. Batch norm in training removes the shift,
                if the whole batch has it.
                """,
        };
    }
}
