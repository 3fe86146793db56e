namespace AttentionKernels.Export;

/// <summary>The grid of a launch: work groups along one dimension.</summary>
public sealed class LaunchGrid
{
    internal LaunchGrid(int groups, int groupSize, long tiles, string formula)
    {
        Groups = groups;
        GroupSize = groupSize;
        Tiles = tiles;
        Formula = formula;
    }

    /// <summary>How many work groups.</summary>
    public int Groups { get; }

    /// <summary>Threads of each.</summary>
    public int GroupSize { get; }

    /// <summary>The tiles of work that the grid was made for.</summary>
    public long Tiles { get; }

    /// <summary>How <see cref="Groups"/> follow from <see cref="Tiles"/>.</summary>
    public string Formula { get; }
}
