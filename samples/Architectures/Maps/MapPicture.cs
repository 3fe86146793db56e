using AttentionKernels.Samples.Pictures;

namespace AttentionKernels.Samples.Architectures.Maps;

/// <summary>Draws maps one below the other.</summary>
internal static class MapPicture
{
    /// <summary>Draws the picture into a PNG file, whose folder is made if need be.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(FileInfo file, IReadOnlyList<LabelledMap> maps)
    {
        var picture = new Picture(
            "Who attends to whom",
            "Colour: a key's weight for a query, softmax(scale · q·k + bias); rows add up to 1. Left one head, right all of its layer.");
        foreach (LabelledMap map in maps)
            picture.AddPanel(plot => MapPanel.Draw(plot, map));
        picture.Save(file);
    }
}
