namespace AttentionKernels.MicroKernels.Warp;

/// <summary>Rows in global memory, as a thread copies its chunk of each: at a fixed pitch, or where the lanes of its warp know.</summary>
/// <remarks>
/// In a step, <see cref="TileCopy.RowsPerStep"/> rows, a warp copies four, each by eight lanes. One of these knows where the row of a step
/// lies, of the first eight steps. Which way it is, is a constant where the value is made, so that one is compiled.
/// </remarks>
/// <param name="first">The address of the thread's chunk of its first row; where lanes know, of the row whose offset is 0.</param>
/// <param name="stepBytes">Bytes from a row of the thread to its next, <see cref="TileCopy.RowsPerStep"/> rows below.</param>
/// <param name="located">Where lanes know, the offset of the lane's row, in units.</param>
/// <param name="unitBytes">Where lanes know, the bytes of a unit of their offsets, those of a chunk or 1, otherwise 0; a constant.</param>
/// <param name="count">How many rows there are from the thread's first on; those beyond are zeros.</param>
internal readonly struct MemoryRows(long first, long stepBytes, long located, int unitBytes, int count)
{
    public readonly long First = first;
    public readonly long StepBytes = stepBytes;
    public readonly long Located = located;
    public readonly int UnitBytes = unitBytes;
    public readonly int Count = count;

    /// <summary>Rows at a fixed pitch.</summary>
    public static MemoryRows OfPitch(long first, long stepBytes, int count) => new(first, stepBytes, 0, 0, count);

    /// <summary>Rows of which each lane has located one, also where there is none.</summary>
    public static MemoryRows OfLanes(long first, long located, int unitBytes, int count) => new(first, 0, located, unitBytes, count);

    /// <summary>The row of a tile that a thread's lane locates.</summary>
    public static int LocatedRow(int thread) => ((thread & 7) * TileCopy.RowsPerStep) + TileCopy.Row(thread);

    /// <summary>Whether there is the thread's row of a step.</summary>
    public bool Has(int step) => step * TileCopy.RowsPerStep < Count;

    /// <summary>The address of a thread's chunk of its row of a step, or of some that are there.</summary>
    public long Address(int step)
    {
        // Offsets in chunks have 32 bits.
        if (UnitBytes > 1)
            return First + ((long)WarpShuffle.OfEight((uint)Located, step) * UnitBytes);
        if (UnitBytes > 0)
            return First + WarpShuffle.OfEight(Located, step);
        return Has(step) ? First + (step * StepBytes) : First;
    }
}
