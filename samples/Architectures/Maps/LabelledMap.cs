namespace AttentionKernels.Samples.Architectures.Maps;

/// <summary>The attention of all heads of a layer, with what stands at its rows and columns.</summary>
/// <param name="Title">Whose attention it is.</param>
/// <param name="Queries">The text of each query.</param>
/// <param name="Keys">The text of each key.</param>
/// <param name="Weights">[heads, queries, keys]; each row adds up to 1.</param>
/// <param name="Head">Which head is to be seen first.</param>
internal sealed record LabelledMap(string Title, IReadOnlyList<string> Queries, IReadOnlyList<string> Keys, float[] Weights, int Head)
{
    /// <summary>The most tokens of a side that are shown: two characters each, they fit into a line of a terminal.</summary>
    public const int MostTokens = 30;

    /// <summary>How many heads there are.</summary>
    public int Heads => Weights.Length / Queries.Count / Keys.Count;

    /// <summary>How many queries are shown.</summary>
    public int ShownQueries => Math.Min(Queries.Count, MostTokens);

    /// <summary>How many keys are shown.</summary>
    public int ShownKeys => Math.Min(Keys.Count, MostTokens);

    /// <summary>That not all is shown, where it is so; otherwise <see langword="null"/>.</summary>
    public string? Omission => ShownQueries < Queries.Count || ShownKeys < Keys.Count
        ? $"The first {ShownQueries} of {Queries.Count} queries and {ShownKeys} of {Keys.Count} keys are shown."
        : null;

    /// <summary>The shown weights of a head: [queries, keys].</summary>
    public double[,] Shown(int head)
    {
        double[,] shown = new double[ShownQueries, ShownKeys];
        for (int query = 0; query < ShownQueries; query++)
        {
            for (int key = 0; key < ShownKeys; key++)
                shown[query, key] = Weights[(((head * Queries.Count) + query) * Keys.Count) + key];
        }

        return shown;
    }
}
