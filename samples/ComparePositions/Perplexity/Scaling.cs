namespace AttentionKernels.Samples.ComparePositions.Perplexity;

/// <summary>A way to rotate positions beyond those that a model was trained on.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Frequencies">The frequencies for a sequence of so many positions.</param>
/// <param name="DependsOnLength">Whether a longer sequence has other frequencies.</param>
internal sealed record Scaling(string Name, Func<int, RotaryFrequencies> Frequencies, bool DependsOnLength = false)
{
    /// <summary>The model's own rotation, and each scaling by a formula.</summary>
    /// <remarks>
    /// <para>NTK-aware scaling is the dynamic one, by a stretch of 1, for a sequence of the trained positions times the factor: the base
    /// becomes b·factor^(d/(d − 2)).</para>
    /// <para>LongRoPE is not among them: <see cref="LongRopeSearch"/> finds its factors.</para>
    /// </remarks>
    /// <param name="dimension">The head dimension, all of which is rotated.</param>
    /// <param name="trained">How many positions the model was trained on.</param>
    /// <param name="factor">How many times as many there are to be.</param>
    public static IReadOnlyList<Scaling> All(int dimension, int trained, double factor)
    {
        RotaryFrequencies own = new(dimension);
        int extended = (int)Math.Round(trained * factor);
        return
        [
            Fixed("none", own),
            Fixed("linear", own.Linear(factor)),
            Fixed("NTK-aware", own.DynamicNtk(1, trained, extended)),
            new Scaling("dynamic NTK", length => own.DynamicNtk(1, trained, length), DependsOnLength: true),
            Fixed("YaRN", own.Yarn(factor, trained)),
            Fixed("Llama 3", own.Llama3(factor, trained)),
        ];

        static Scaling Fixed(string name, RotaryFrequencies frequencies) => new(name, _ => frequencies);
    }
}
