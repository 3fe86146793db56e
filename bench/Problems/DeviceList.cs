namespace AttentionKernels.Problems;

/// <summary>Which devices are measured.</summary>
internal static class DeviceList
{
    /// <summary>What stands for every usable device.</summary>
    public const string All = "all";

    /// <summary>Reads lists of selectors, separated by commas: <c>all</c>, or <c>cpu,opencl:0</c>.</summary>
    /// <param name="texts">The lists; none is <c>all</c>.</param>
    /// <param name="usable">The selectors of what there is.</param>
    /// <returns>The selectors, each once, in the order in which they were asked for.</returns>
    /// <exception cref="FormatException">A list has a blank; the message says what it must be.</exception>
    public static IReadOnlyList<string> Parse(IReadOnlyList<string> texts, IReadOnlyList<string> usable)
    {
        string[] selectors = [.. texts.SelectMany(text => text.Split(',')).Select(text => text.Trim()).DefaultIfEmpty(All)];
        if (selectors.Contains(""))
            throw new FormatException($"--device is '{string.Join(" ", texts)}'; it must be all, or devices such as cpu,opencl:0.");
        return
        [
            .. selectors
                .SelectMany(selector => selector.Equals(All, StringComparison.OrdinalIgnoreCase) ? usable : [selector])
                .Distinct(StringComparer.OrdinalIgnoreCase),
        ];
    }
}
