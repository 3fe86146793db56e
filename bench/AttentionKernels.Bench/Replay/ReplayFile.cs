using System.Globalization;

namespace AttentionKernels.Bench;

/// <summary>A shape that a program computed, and how often.</summary>
/// <param name="Group">What is measured of it.</param>
/// <param name="Count">The calls.</param>
internal sealed record ReplayedGroup(BenchGroup Group, long Count);

/// <summary>Shapes that a program recorded with <see cref="AttentionDevice.TraceShapes"/>, a line each.</summary>
internal static class ReplayFile
{
    /// <summary>The groups of a file, what has most calls first; lines of the same shape are one.</summary>
    /// <exception cref="FormatException">A line is wrong, or there is none; the message has its number.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static IReadOnlyList<ReplayedGroup> Read(FileInfo file)
    {
        List<ReplayedGroup> groups = [];
        foreach ((int index, string line) in File.ReadLines(file.FullName).Index())
        {
            try
            {
                if (line.Split('#')[0].Trim().Length > 0)
                    groups.Add(Parse(line));
            }
            catch (FormatException exception)
            {
                throw new FormatException(
                    string.Create(CultureInfo.InvariantCulture, $"{file}, line {index + 1}: {exception.Message}"), exception);
            }
        }

        if (groups.Count == 0)
            throw new FormatException($"{file} has no shape; AttentionDevice.TraceShapes writes a line for each.");
        return
        [
            .. groups.GroupBy(group => group.Group.Title)
                .Select(same => new ReplayedGroup(same.First().Group, same.Sum(group => group.Count)))
                .OrderByDescending(group => group.Count),
        ];
    }

    private static ReplayedGroup Parse(string line)
    {
        Dictionary<string, string> pairs = Pairs.Read(line).ToDictionary(pair => pair.Name, pair => pair.Value);
        if (pairs.TryGetValue("op", out string? operation))
            return OfRows(operation, pairs);
        AttentionShape shape = AttentionShape.Parse(line);
        BenchGroup group = AttentionGroups.OfShape(shape, [shape.Type ?? DataType.Float32]);

        // What was not in pages is not measured in pages, but where tensors cannot be stored so.
        BenchCase[] tensors = shape.PageSize is null ? [.. group.Cases.Where(item => item.Variant != "paged")] : [];
        return new(tensors.Length == 0 ? group : group with { Cases = tensors }, shape.Count);
    }

    // A norm, or rotary embedding: RMSNorm, BatchNorm-training, rotary-half-split.
    private static ReplayedGroup OfRows(string operation, Dictionary<string, string> pairs)
    {
        const string Rotary = "rotary-";
        bool isRotary = operation.StartsWith(Rotary, StringComparison.Ordinal);
        string[] sizes = isRotary ? ["tokens", "heads", "dim"] : ["rows", "hidden"];
        string[] missing = [.. sizes.Where(size => !pairs.ContainsKey(size))];
        string[] other = [.. pairs.Keys.Except([.. sizes, "op", "dtype", "count"])];
        if (missing.Length + other.Length > 0)
        {
            throw new FormatException(
                $"{operation} has {string.Join(", ", pairs.Keys)}; it must have {string.Join(", ", sizes)}, and may have dtype and count.");
        }

        if (pairs.TryGetValue("dtype", out string? type) && DataType.Find(type) != DataType.Float32)
            throw new FormatException($"{operation} is of {type}; only fp32 is measured of it. Put a # before the line.");
        int[] numbers = [.. sizes.Select(size => Pairs.Number(size, pairs[size]))];
        BenchGroup group = isRotary
            ? RowGroups.Rotary(numbers[0], numbers[1], numbers[2])
            : RowGroups.Norms(numbers[0], numbers[1]);
        string variant = isRotary ? operation[Rotary.Length..] : operation.Replace('-', ' ');
        BenchCase[] cases = [.. group.Cases.Where(item => item.Variant == variant)];
        if (cases.Length == 0)
            throw new FormatException($"op is {operation}; there is no such operation to measure.");
        return new(
            group with { Operation = $"{group.Operation} {variant}", Cases = cases },
            pairs.TryGetValue("count", out string? count) ? Pairs.Count(count) : 1);
    }
}
