namespace AttentionKernels.Samples.CompareNormalizations.Experiments;

/// <summary>Runs every norm on inputs that differ from those of training, and measures how far outputs move.</summary>
/// <param name="norms">The norms.</param>
/// <param name="population">What training saw; running statistics are its true ones.</param>
internal sealed class PerturbedInput(Normalizer norms, Population population)
{
    private const int Tokens = 256;

    /// <summary>Of each norm √ of the mean square of the output's change.</summary>
    /// <param name="steps">How strong the perturbation is.</param>
    /// <param name="perturb">A value after the perturbation, by the value, its feature and the step.</param>
    /// <param name="counts">Whether a feature is measured; all are where <see langword="null"/>.</param>
    public IReadOnlyList<Line> Changes(
        IReadOnlyList<double> steps, Func<double, int, double, double> perturb, Func<int, bool>? counts = null)
    {
        int features = population.Features;
        float[] tokens = population.Draw(0, Tokens);
        using RunningStatistics trained = norms.Trained(population);
        float[][] before = Outputs(tokens);
        return Line.Of(
        [
            .. steps.Select(step => Distance.RootMeanSquares(
                Outputs([.. tokens.Select((value, index) => (float)perturb(value, index % features, step))]), before)),
        ]);

        float[][] Outputs(float[] input) => [.. norms.All(input, features, trained).Select(Counted)];

        float[] Counted(float[] output) => counts is null ? output : [.. output.Where((_, index) => counts(index % features))];
    }
}
