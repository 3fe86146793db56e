using System.Globalization;
using System.Runtime.CompilerServices;

namespace AttentionKernels.Tests.Cuda.Mutations;

/// <summary>
/// The mutants that nothing notices, and why: the file beside this one, a line for each place of a case, and how many mutants of the kernel
/// have that place. <c>harmless</c> ones compute the same; <c>elsewhere</c> ones do not, for sizes that no case can have, and another test
/// has them; <c>missed</c> ones do not, where the emulated driver cannot tell.
/// </summary>
internal static class KnownSurvivors
{
    private static readonly string[] _uncounted = ["harmless", "elsewhere"];

    private static readonly Lazy<(string Case, string Place, int Count, bool Counts)[]> _all = new(() => Read(Source()));

    /// <summary>How many there are at each place of a case.</summary>
    public static IReadOnlyDictionary<string, int> Of(string name) =>
        _all.Value.Where(line => line.Case == name).ToDictionary(line => line.Place, line => line.Count);

    /// <summary>How many of a case are harmless here.</summary>
    public static int HarmlessOf(string name) => _all.Value.Where(line => line.Case == name && !line.Counts).Sum(line => line.Count);

    // Case, count, verdict, place, reason.
    private static (string, string, int, bool)[] Read(string path) =>
    [
        .. File.ReadAllLines(path).Select(line => line.Split('\t')).Select(cells => cells.Length == 5
            ? (cells[0], cells[3], int.Parse(cells[1], CultureInfo.InvariantCulture), !_uncounted.Contains(cells[2]))
            : throw new InvalidDataException($"{path}: a line is a case, a count, a verdict, a place and a reason: {string.Join('\t', cells)}")),
    ];

    private static string Source([CallerFilePath] string path = "") => Path.ChangeExtension(path, ".tsv");
}
