namespace AttentionKernels.Tests.Architecture;

/// <summary>A figure of the house.</summary>
/// <param name="Name">Its name in the file of limits.</param>
/// <param name="Value">Today's.</param>
/// <param name="Places">Where what it counts stands, to be mended.</param>
internal sealed record HouseFigure(string Name, int Value, IReadOnlyList<string> Places)
{
    /// <summary>A figure that counts places.</summary>
    public HouseFigure(string name, IEnumerable<string> places) : this(name, 0, [.. places]) => Value = Places.Count;
}
