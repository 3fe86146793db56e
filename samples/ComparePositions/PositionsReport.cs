using System.Globalization;
using AttentionKernels.Samples.ComparePositions.Decay;
using AttentionKernels.Samples.ComparePositions.Perplexity;
using Spectre.Console;

namespace AttentionKernels.Samples.ComparePositions;

/// <summary>Both comparisons as tables, for people to read.</summary>
internal sealed class PositionsReport(IAnsiConsole console)
{
    private static readonly int[] _distances = [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048];

    /// <summary>Writes perplexity against position.</summary>
    public void Write(PerplexityComparison comparison, Options options)
    {
        string model = $"{options.Model!.Name}, trained on {comparison.TrainedPositions} positions";
        Write(
            $"Perplexity of {model}, scaled by {Figure(options.Factor, "0.##")}, by position in {PerplexityComparison.Texts} texts",
            "scaling",
            comparison.Ranges.Select(range => range.ToString()),
            comparison.Curves.Select(curve => (curve.Name, curve.Perplexities.Select(perplexity => Figure(perplexity, "F2")))));
        console.WriteLine($"What scaling costs up to {comparison.TrainedPositions}, times the perplexity without: {Costs(comparison)}.");
        console.WriteLine("none: beyond the trained positions, slow pairs come to angles that the model has never seen.");
        console.WriteLine("linear: no new angles, but fast pairs, which tell neighbours apart, are slowed too. It is for training on it.");
        console.WriteLine("NTK-aware, YaRN, Llama 3, LongRoPE: fast pairs stay, slow ones are slowed; they differ in what lies between.");
        string factors = List(comparison.LongRopeFactors.Select(factor => Figure(factor, "0.##")));
        console.WriteLine($"LongRoPE: its factors, one a pair, are found by a search on the model; here {factors}.");
        console.WriteLine("dynamic NTK: by the length that a sequence has, so that up to the trained positions nothing changes.");
        console.WriteLine();
    }

    /// <summary>Writes scores against distance.</summary>
    public void Write(DecayComparison comparison)
    {
        Write(
            "Scores by the distance of query and key",
            "positions by",
            _distances.Select(distance => distance.ToString(CultureInfo.InvariantCulture)),
            [
                .. Rows(comparison.Similarities, "F3"),
                .. Rows(comparison.Biases, "0.###"),
                .. Rows(comparison.Buckets, "F0"),
            ]);
        console.WriteLine("rotary, sinusoidal: the mean of cos(distance · θ) over pairs. Scaled, it falls later; YaRN also multiplies it.");
        console.WriteLine("ALiBi: −slope · distance is added to a score: a straight line, steep for the first head, flat for the last.");
        console.WriteLine("T5: a learned bias a bucket. Near keys have one each, far ones share the last; half are for keys behind.");
    }

    private static string Costs(PerplexityComparison comparison)
    {
        double[] without = comparison.Curves[0].Perplexities;
        int trained = comparison.Ranges.Count(range => range.End <= comparison.TrainedPositions);
        return List(comparison.Curves.Skip(1).Select(curve =>
            $"{curve.Name} {Figure(Enumerable.Range(0, trained).Average(range => curve.Perplexities[range] / without[range]), "F2")}"));
    }

    private static string List(IEnumerable<string> parts) => string.Join(", ", parts);

    private static IEnumerable<(string Name, IEnumerable<string> Figures)> Rows(IEnumerable<DecayCurve> curves, string format) =>
        curves.Select(curve => (curve.Name, _distances.Select(distance => Figure(curve.Scores[distance], format))));

    private static string Figure(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture).Replace('-', '−');

    private void Write(
        string title, string first, IEnumerable<string> columns, IEnumerable<(string Name, IEnumerable<string> Figures)> rows)
    {
        console.WriteLine(title);
        Table table = new Table().Border(TableBorder.Rounded).AddColumn(first);
        foreach (string column in columns)
            table.AddColumn(new TableColumn(column).RightAligned());
        foreach ((string name, IEnumerable<string> figures) in rows)
            table.AddRow([Markup.Escape(name), .. figures]);
        console.Write(table);
    }
}
