namespace AttentionKernels.MicroKernels.Warp;

/// <summary>A thread's share in the copy of a tile to shared memory by 128 threads, eight a row and page, 16 rows at once.</summary>
/// <param name="address">The thread's 16 bytes of the first row and page in shared memory.</param>
/// <param name="pageBytes">Bytes of a page.</param>
/// <param name="chunk">Which 16 bytes of a row of a page are the thread's.</param>
/// <param name="columns">Columns of the tile, a constant up to 256.</param>
/// <param name="lastBytes">The thread's bytes of the last page that there are in memory, 16 or none; the others become zeros.</param>
/// <param name="isAligned">Whether rows begin at multiples of 16 bytes, a constant.</param>
internal readonly struct TileCopy(int address, int pageBytes, int chunk, int columns, int lastBytes, bool isAligned)
{
    /// <summary>Threads of the work group.</summary>
    public const int Threads = 128;

    /// <summary>Bytes that a thread copies at once.</summary>
    public const int Bytes = 16;

    /// <summary>Rows that they copy at once.</summary>
    public const int RowsPerStep = 16;

    public readonly int Address = address;
    public readonly int PageBytes = pageBytes;
    public readonly int Chunk = chunk;
    public readonly int Columns = columns;
    public readonly int LastBytes = lastBytes;
    public readonly bool IsAligned = isAligned;

    /// <summary>The row of a thread in the first step.</summary>
    public static int Row(int thread) => thread >> 3;

    /// <summary>The column of a thread in the first page.</summary>
    public static int Column(int thread) => (thread & 7) * 8;

    /// <summary>The share of a thread in a tile.</summary>
    public static TileCopy Of(int tile, int pageBytes, int columns, int thread, int lastBytes, bool isAligned) => new(
        SwizzledLane.At(tile, pageBytes, Row(thread), thread & 7).Address, pageBytes, thread & 7, columns, lastBytes, isAligned);

    /// <summary>A thread's bytes of the last page of a tile where rows in memory have fewer columns, a multiple of 8 and less than 16
    /// fewer.</summary>
    public static int LastBytesOf(int columns, int width, int thread) =>
        Column(thread) + ((columns - 1) / SwizzledLane.PageColumns * SwizzledLane.PageColumns) < width ? Bytes : 0;

    /// <summary>Copies the thread's 16 bytes of its row of a step, of each page.</summary>
    public static void Copy(TileCopy self, MemoryRows rows, int step) =>
        Copy(self, rows.Address(step, ILGPU.Group.IdxX), rows.Has(step), step);

    /// <summary>The same of a row at an address; zeros where there is none.</summary>
    public static void Copy(TileCopy self, long row, bool isThere, int step)
    {
        int target = self.Address + (step * SwizzledLane.StepBytes);
        CopyPage(self, target, row, isThere, 0);
        CopyPage(self, target, row, isThere, 1);
        CopyPage(self, target, row, isThere, 2);
        CopyPage(self, target, row, isThere, 3);
    }

    // Columns are a constant, and with it the first two conditions; the third is left where a page is not full.
    private static void CopyPage(TileCopy self, int target, long row, bool isThere, int page)
    {
        int columns = self.Columns - (page * SwizzledLane.PageColumns);
        if (columns <= 0)
            return;
        if (columns > SwizzledLane.PageColumns)
            CopyChunk(self, target, row, isThere ? Bytes : 0, page);
        else if (columns == SwizzledLane.PageColumns || self.Chunk * 8 < columns)
            CopyChunk(self, target, row, isThere ? self.LastBytes : 0, page);
    }

    private static void CopyChunk(TileCopy self, int target, long row, int bytes, int page)
    {
        target += page * self.PageBytes;
        row += page * SwizzledLane.RowBytes;
        if (self.IsAligned)
        {
            AsyncCopy.Copy(target, row, bytes);
            return;
        }

        for (int at = 0; at < Bytes; at += 4)
        {
            uint pair = 0;
            if (bytes > 0)
                pair = MemoryAddress.LoadGlobalShort(row + at) | (MemoryAddress.LoadGlobalShort(row + at + 2) << 16);
            MemoryAddress.StoreShared(target + at, pair);
        }
    }
}
