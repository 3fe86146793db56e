namespace AttentionKernels.MicroKernels.Warp;

/// <summary>Where rows of 16-bit elements lie in global memory, as a thread copies its 16 bytes of each.</summary>
/// <typeparam name="TSelf">The rows.</typeparam>
internal interface IRowSource<TSelf>
{
    /// <summary>The address of the thread's 16 bytes of its row in a step of <see cref="TileCopy.RowsPerStep"/> rows.</summary>
    static abstract long Address(TSelf self, int step);

    /// <summary>Whether that row is inside; another one is zeros.</summary>
    static abstract bool Has(TSelf self, int step);
}

/// <summary>Rows at a fixed pitch, all of them inside.</summary>
internal readonly struct PitchedRows(long first, long stepBytes) : IRowSource<PitchedRows>
{
    public readonly long First = first;
    public readonly long StepBytes = stepBytes;

    public static long Address(PitchedRows self, int step) => self.First + (step * self.StepBytes);

    public static bool Has(PitchedRows self, int step) => true;
}

/// <summary>Rows at a fixed pitch, of which some are inside, counted from the thread's first.</summary>
internal readonly struct PitchedTail(PitchedRows rows, int count) : IRowSource<PitchedTail>
{
    public readonly PitchedRows Rows = rows;
    public readonly int Count = count;

    public static long Address(PitchedTail self, int step) => Has(self, step) ? PitchedRows.Address(self.Rows, step) : self.Rows.First;

    public static bool Has(PitchedTail self, int step) => step * TileCopy.RowsPerStep < self.Count;
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
    public static void Copy<TSource>(TileCopy self, TSource source, int step)
        where TSource : struct, IRowSource<TSource>
    {
        long row = TSource.Address(source, step);
        int bytes = TSource.Has(source, step) ? 16 : 0;
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
