namespace AttentionKernels.MicroKernels.Warp;

/// <summary>Rows of 16-bit elements at a fixed pitch in global memory, as a thread copies its 16 bytes of each.</summary>
internal readonly struct PitchedRows(long first, long stepBytes, int count)
{
    /// <summary>The address of the thread's 16 bytes of its first row.</summary>
    public readonly long First = first;

    /// <summary>Bytes from it to the next, <see cref="TileCopy.RowsPerStep"/> rows below.</summary>
    public readonly long StepBytes = stepBytes;

    /// <summary>How many rows there are from the first on; those beyond are zeros.</summary>
    public readonly int Count = count;

    /// <summary>Rows that all are there.</summary>
    public static PitchedRows All(long first, long stepBytes) => new(first, stepBytes, int.MaxValue);

    /// <summary>Whether there is the thread's row of a step.</summary>
    public bool Has(int step) => step * TileCopy.RowsPerStep < Count;

    /// <summary>The address of the thread's 16 bytes of its row of a step, or of some that are there.</summary>
    public long Address(int step) => Has(step) ? First + (step * StepBytes) : First;
}

/// <summary>A thread's share in the copy of a tile to shared memory by 128 threads, eight a row and page, 16 rows at once.</summary>
internal readonly struct TileCopy(int address, int pageBytes, int chunk, int columns)
{
    /// <summary>Threads of the work group.</summary>
    public const int Threads = 128;

    /// <summary>Rows that they copy at once.</summary>
    public const int RowsPerStep = 16;

    public readonly int Address = address;
    public readonly int PageBytes = pageBytes;
    public readonly int Chunk = chunk;
    public readonly int Columns = columns;

    /// <summary>The row of a thread in the first step.</summary>
    public static int Row(int thread) => thread >> 3;

    /// <summary>The column of a thread in the first page.</summary>
    public static int Column(int thread) => (thread & 7) * 8;

    /// <summary>The share of a thread in a tile of <paramref name="columns"/>, a constant up to 256.</summary>
    public static TileCopy Of(int tile, int pageBytes, int columns, int thread) => new(
        SwizzledLane.At(tile, pageBytes, Row(thread), thread & 7).Address, pageBytes, thread & 7, columns);

    /// <summary>Copies the thread's 16 bytes of a row of each page.</summary>
    public static void Copy(TileCopy self, PitchedRows rows, int step)
    {
        long row = rows.Address(step);
        int bytes = rows.Has(step) ? 16 : 0;
        int target = self.Address + (step * SwizzledLane.StepBytes);
        CopyPage(self, target, row, bytes, 0);
        CopyPage(self, target, row, bytes, 1);
        CopyPage(self, target, row, bytes, 2);
        CopyPage(self, target, row, bytes, 3);
    }

    // Columns are a constant, and with it the first two conditions; the third is left where a page is not full.
    private static void CopyPage(TileCopy self, int target, long row, int bytes, int page)
    {
        int columns = self.Columns - (page * SwizzledLane.PageColumns);
        if (columns <= 0)
            return;
        if (columns >= SwizzledLane.PageColumns || self.Chunk * 8 < columns)
            AsyncCopy.Copy(target + (page * self.PageBytes), row + (page * SwizzledLane.RowBytes), bytes);
    }
}
