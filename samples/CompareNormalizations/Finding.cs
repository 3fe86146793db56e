namespace AttentionKernels.Samples.CompareNormalizations;

/// <summary>What an experiment has measured: a line for each norm over what the experiment changes.</summary>
/// <param name="Title">What is changed.</param>
/// <param name="Points">The steps of the change.</param>
/// <param name="Lines">What was measured at each of them.</param>
internal sealed record Finding(string Title, Axis Points, IReadOnlyList<Line> Lines)
{
    /// <summary>What is measured.</summary>
    public required Measure Measure { get; init; }

    /// <summary>Where each norm breaks and why, for people to read below the table.</summary>
    public required string Explanation { get; init; }

    /// <summary>The line of a norm.</summary>
    public Line this[Norm norm] => Lines.Single(line => line.Norm == norm);
}

/// <summary>What an experiment changes.</summary>
/// <param name="Name">The name with its unit.</param>
/// <param name="Values">The steps.</param>
/// <param name="Logarithmic">Whether a picture's axis is logarithmic.</param>
internal sealed record Axis(string Name, IReadOnlyList<double> Values, bool Logarithmic);

/// <summary>What an experiment measures.</summary>
/// <param name="Name">The name with its unit.</param>
/// <param name="Logarithmic">Whether a picture's axis is logarithmic; zeros then lie on its lower edge.</param>
internal sealed record Measure(string Name, bool Logarithmic = false);

/// <summary>What was measured of a norm.</summary>
/// <param name="Norm">Which norm.</param>
/// <param name="Values">A value for each step; <see langword="null"/> where there is none.</param>
/// <param name="Name">What the norm is called where its own name does not say it.</param>
internal sealed record Line(Norm Norm, IReadOnlyList<double?> Values, string? Name = null)
{
    /// <summary>What stands in the place of a value that is <see langword="null"/>.</summary>
    public string Absent { get; init; } = "refused";

    /// <summary>The name above the column.</summary>
    public string Heading => Name ?? Norm.Name();

    /// <summary>The lines of the first norms, or of all.</summary>
    /// <param name="steps">For each step the values in the order of the norms.</param>
    /// <param name="comparison">What <see cref="Norm.Comparison"/> is, where it is among them.</param>
    public static IReadOnlyList<Line> Of(IReadOnlyList<double?[]> steps, string? comparison = null) =>
    [
        .. Enum.GetValues<Norm>().Take(steps[0].Length).Select(norm => new Line(
            norm, [.. steps.Select(values => values[(int)norm])], norm == Norm.Comparison ? comparison : null)),
    ];
}
