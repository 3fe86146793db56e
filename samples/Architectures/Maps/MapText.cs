using System.Globalization;
using Spectre.Console;

namespace AttentionKernels.Samples.Architectures.Maps;

/// <summary>Writes a map as shades, a line for each query.</summary>
internal static class MapText
{
    private const string Shades = " ░▒▓█";

    /// <summary>Writes the head of the map that is to be seen first.</summary>
    public static void Write(IAnsiConsole console, LabelledMap map)
    {
        double[,] weights = map.Shown(map.Head);
        double largest = weights.Cast<double>().Max();
        console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{map.Title}, head {map.Head} (row: query, █ = {largest:F2})"));
        if (map.Omission is { } omission)
            console.WriteLine(omission);
        int width = map.Queries.Take(map.ShownQueries).Max(text => text.Length);

        // Keys have two characters each; longer ones stand in the picture only.
        if (map.Keys.All(text => text.Length <= 2))
            console.WriteLine(new string(' ', width + 1) + string.Concat(map.Keys.Take(map.ShownKeys).Select(text => text.PadRight(2))));
        for (int query = 0; query < map.ShownQueries; query++)
        {
            string row = map.Queries[query].PadLeft(width) + " ";
            for (int key = 0; key < map.ShownKeys; key++)
                row += new string(Shades[(int)Math.Round(weights[query, key] / largest * (Shades.Length - 1))], 2);
            console.WriteLine(row);
        }
    }
}
