using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using FluentAssertions;

namespace AttentionKernels.Tests.Bits;

/// <summary>The file of recorded hashes: a case a line, its name, a tab, and the first 64 bits of the SHA-256 of its outputs.</summary>
internal static class RecordedBits
{
    /// <summary>Set to 1, the cases that run are written to the file instead of compared with it: for results that are meant to have other bits.</summary>
    public const string RecordVariable = "ATTENTIONKERNELS_RECORD_BITS";

    private static readonly Lock _writing = new();
    private static readonly Lazy<SortedDictionary<string, string>> _recorded = new(() => Read(Source()));

    /// <summary>The hash of outputs.</summary>
    public static string Hash(ReadOnlySpan<byte> outputs) => Convert.ToHexStringLower(SHA256.HashData(outputs).AsSpan(0, sizeof(long)));

    /// <summary>Compares cases with what was recorded; every recorded case of the group has to be there.</summary>
    /// <param name="group">What the names begin with.</param>
    /// <param name="hashes">The hash of each case by its name.</param>
    public static void Verify(string group, IReadOnlyDictionary<string, string> hashes)
    {
        if (Environment.GetEnvironmentVariable(RecordVariable) == "1")
        {
            Record(group, hashes);
            return;
        }

        Dictionary<string, string> expected = _recorded.Value.Where(line => IsOf(group, line.Key)).ToDictionary(line => line.Key, line => line.Value);
        hashes.Keys.Should().BeEquivalentTo(expected.Keys, "cases are those that were recorded");
        hashes.Where(line => expected[line.Key] != line.Value).Select(line => line.Key).Should().BeEmpty("their bits are those that were recorded");
    }

    private static void Record(string group, IReadOnlyDictionary<string, string> hashes)
    {
        lock (_writing)
        {
            SortedDictionary<string, string> lines = _recorded.Value;
            foreach (string old in lines.Keys.Where(name => IsOf(group, name)).ToArray())
                lines.Remove(old);
            foreach ((string name, string hash) in hashes)
                lines.Add(name, hash);
            File.WriteAllLines(Source(), lines.Select(line => $"{line.Key}\t{line.Value}"));
        }
    }

    private static bool IsOf(string group, string name) => name.StartsWith(group + " ", StringComparison.Ordinal);

    private static SortedDictionary<string, string> Read(string path) => new(
        File.Exists(path) ? File.ReadAllLines(path).Select(line => line.Split('\t')).ToDictionary(parts => parts[0], parts => parts[1]) : [], StringComparer.Ordinal);

    // Beside this file: tests run where they were built.
    private static string Source([CallerFilePath] string path = "") => Path.ChangeExtension(path, ".tsv");
}
