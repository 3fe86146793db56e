using System.Globalization;

namespace AttentionKernels.Oracle.PyTorch;

/// <summary>The file of PyTorch's results: a line for each tensor, its name and its elements, divided by tabs. Lines of # are
/// comments.</summary>
internal static class PyTorchResults
{
    // In a Debian 13, as the README of bench/AttentionKernels.Peers says.
    private const string Head = """
        # What PyTorch 2.10 computes, by TorchSharp, of the cases and inputs in tests/AttentionKernels.Oracle/PyTorch.
        # dotnet run -c Release --project bench/AttentionKernels.Peers -- --record-pytorch tests/AttentionKernels.Tests/Oracle/PyTorch.tsv
        """;

    /// <summary>Writes a file.</summary>
    public static void Write(string path, IEnumerable<(string Name, float[] Elements)> results) => File.WriteAllLines(
        path,
        [
            .. Head.Split('\n'),
            .. results.Select(result =>
                string.Join('\t', [result.Name, .. result.Elements.Select(element => element.ToString(CultureInfo.InvariantCulture))])),
        ]);

    /// <summary>Reads a file.</summary>
    public static IReadOnlyDictionary<string, float[]> Read(string path) => File.ReadLines(path)
        .Where(line => !line.StartsWith('#'))
        .Select(line => line.Split('\t'))
        .ToDictionary(
            fields => fields[0], fields => Array.ConvertAll(fields[1..], field => float.Parse(field, CultureInfo.InvariantCulture)));
}
