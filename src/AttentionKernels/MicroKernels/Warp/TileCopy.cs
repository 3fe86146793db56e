namespace AttentionKernels.MicroKernels.Warp;

/// <summary>A thread's share in the copy of a tile to shared memory by 128 threads, eight a row and page, 16 rows at once.</summary>
/// <remarks>Numbers of fewer than 16 bits are a part of the thread's 16 bytes, in which they become as wide later, in place: the first part
/// or, of the next rows, the next ones, so that all banks take part.</remarks>
/// <param name="address">The thread's chunk of the first row and page in shared memory, within its 16 bytes.</param>
/// <param name="pageBytes">Bytes of a page.</param>
/// <param name="chunk">Which 16 bytes of a row of a page are the thread's.</param>
/// <param name="columns">Columns of the tile, a constant up to 256.</param>
/// <param name="lastBytes">The thread's bytes of the last page that there are in memory, a chunk or none; the others become zeros.</param>
/// <param name="chunkBytes">Bytes of eight numbers in memory, a constant: 16, 8 or 4.</param>
/// <param name="isAligned">Whether rows begin at multiples of so many bytes, a constant.</param>
internal readonly struct TileCopy(int address, int pageBytes, int chunk, int columns, int lastBytes, int chunkBytes, bool isAligned)
{
    /// <summary>Threads of the work group.</summary>
    public const int Threads = 128;

    /// <summary>Bytes that a thread copies at once of numbers of 16 bits.</summary>
    public const int Bytes = 16;

    /// <summary>Numbers that it copies at once.</summary>
    public const int Numbers = 8;

    /// <summary>Rows that they copy at once.</summary>
    public const int RowsPerStep = 16;

    public readonly int Address = address;
    public readonly int PageBytes = pageBytes;
    public readonly int Chunk = chunk;
    public readonly int Columns = columns;
    public readonly int LastBytes = lastBytes;
    public readonly int ChunkBytes = chunkBytes;
    public readonly bool IsAligned = isAligned;

    /// <summary>The row of a thread in the first step.</summary>
    public static int Row(int thread) => thread >> 3;

    /// <summary>The column of a thread in the first page.</summary>
    public static int Column(int thread) => (thread & 7) * Numbers;

    /// <summary>The share of a thread in a tile.</summary>
    /// <param name="tile">The address of the tile in shared memory.</param>
    /// <param name="pageBytes">Bytes of a page of it.</param>
    /// <param name="columns">Its columns.</param>
    /// <param name="width">Columns of rows in memory: as many, or a multiple of 8 and less than 16 fewer.</param>
    /// <param name="thread">The thread.</param>
    /// <param name="chunkBytes">Bytes of eight numbers in memory.</param>
    /// <param name="isAligned">Whether rows begin at multiples of so many bytes.</param>
    public static TileCopy Of(int tile, int pageBytes, int columns, int width, int thread, int chunkBytes, bool isAligned) => new(
        SwizzledLane.At(tile, pageBytes, Row(thread), thread & 7).Address + ((Row(thread) & ((Bytes / chunkBytes) - 1)) * chunkBytes),
        pageBytes, thread & 7, columns,
        Column(thread) + ((columns - 1) / SwizzledLane.PageColumns * SwizzledLane.PageColumns) < width ? chunkBytes : 0, chunkBytes,
        isAligned);

    /// <summary>Copies the thread's chunk of its row of a step, of each page.</summary>
    public static void Copy(TileCopy self, MemoryRows rows, int step) =>
        Copy(self, rows.Address(step), rows.Has(step), step);

    /// <summary>The same of a row at an address; zeros where there is none.</summary>
    public static void Copy(TileCopy self, long row, bool isThere, int step)
    {
        int target = self.Address + (step * SwizzledLane.StepBytes);
        CopyPage(self, target, row, isThere, 0);
        CopyPage(self, target, row, isThere, 1);
        CopyPage(self, target, row, isThere, 2);
        CopyPage(self, target, row, isThere, 3);
    }

    /// <summary>Whether the thread has a chunk of a page.</summary>
    public static bool HasChunk(TileCopy self, int page)
    {
        // Columns are a constant, and with it the first two conditions; the third is left where a page is not full.
        int columns = self.Columns - (page * SwizzledLane.PageColumns);
        if (columns <= 0)
            return false;
        return columns >= SwizzledLane.PageColumns || self.Chunk * Numbers < columns;
    }

    private static void CopyPage(TileCopy self, int target, long row, bool isThere, int page)
    {
        if (!HasChunk(self, page))
            return;
        bool isLast = self.Columns <= (page + 1) * SwizzledLane.PageColumns;
        CopyChunk(self, target, row, isThere ? (isLast ? self.LastBytes : self.ChunkBytes) : 0, page);
    }

    private static void CopyChunk(TileCopy self, int target, long row, int bytes, int page)
    {
        target += page * self.PageBytes;
        row += page * (SwizzledLane.PageColumns / Numbers) * self.ChunkBytes;
        if (!self.IsAligned)
        {
            for (int at = 0; at < self.ChunkBytes; at += 4)
                MemoryAddress.StoreShared(target + at, bytes > 0 ? Word(self, row + at) : 0);
        }
        else if (self.ChunkBytes == Bytes)
            AsyncCopy.Copy(target, row, bytes);
        else if (self.ChunkBytes == Bytes / 2)
            AsyncCopy.CopyFew(target, row, bytes, Bytes / 2);
        else
            AsyncCopy.CopyFew(target, row, bytes, Bytes / 4);
    }

    // Of rows that begin anywhere, by the largest pieces that never lie across a boundary.
    private static uint Word(TileCopy self, long address) => self.ChunkBytes == Bytes
        ? MemoryAddress.LoadGlobalShort(address) | (MemoryAddress.LoadGlobalShort(address + 2) << 16)
        : MemoryAddress.LoadGlobalByte(address) | (MemoryAddress.LoadGlobalByte(address + 1) << 8)
            | (MemoryAddress.LoadGlobalByte(address + 2) << 16) | (MemoryAddress.LoadGlobalByte(address + 3) << 24);
}
