namespace AttentionKernels.MicroKernels.Warp;

/// <summary>
/// Of which of a thread's rows a register is: the numbers of the fields on the way to it add up. A thread has a share in the rows g, g + 8,
/// g + 16 and g + 24 of a tile, 0 to 3, with g = lane / 4. What has a field without it on its way is of no row.
/// </summary>
[AttributeUsage(AttributeTargets.Field)]
internal sealed class RowsBelowAttribute(int rows) : Attribute
{
    /// <summary>How many rows the field lies below the struct's first.</summary>
    public int Rows { get; } = rows;
}
