using System.Globalization;

namespace AttentionKernels.Tests.Architecture;

/// <summary>A line of <c>eng/house.limits</c>: how high a figure may be today, and where it is to come to.</summary>
/// <param name="Figure">The figure's name.</param>
/// <param name="Ceiling">The most that passes. It is lowered as the figure falls, and never raised.</param>
/// <param name="Goal">The most that it should be, or <see langword="null"/> where smaller is better without end.</param>
internal sealed record HouseLimit(string Figure, int Ceiling, int? Goal)
{
    /// <summary>Reads the lines of the file.</summary>
    /// <exception cref="FormatException">A line is not a name, a ceiling and a goal.</exception>
    public static IReadOnlyList<HouseLimit> Parse(IEnumerable<string> lines) =>
    [
        .. Content(lines).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var figure, var ceiling, var goal]
            ? new HouseLimit(figure, Number(ceiling), goal == "-" ? null : Number(goal))
            : throw new FormatException($"'{line}' is not a figure, a ceiling and a goal.")),
    ];

    /// <summary>The lines of a file that are neither empty nor a comment, which begins with #.</summary>
    public static IEnumerable<string> Content(IEnumerable<string> lines) =>
        lines.Select(line => line.Trim()).Where(line => line.Length > 0 && !line.StartsWith('#'));

    private static int Number(string text) => int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
