namespace AttentionKernels.MicroKernels.Warp;

/// <summary>
/// A lane's place in a tile of 16-bit elements in shared memory, whose rows are swizzled so that ldmatrix and 16-byte copies meet no bank
/// twice.
/// </summary>
/// <remarks>
/// A tile is cut into pages of 64 columns: rows of 128 bytes, all 32 banks, one below the other. Within a row the 16 bytes of columns 8c to
/// 8c + 7 lie at chunk c XOR (row mod 8), so that eight rows of one column of chunks lie in eight different ones:
/// address(row, column) = tile + page·(column / 64) + 128·row + 16·((column / 8 mod 8) XOR (row mod 8)) + 2·(column mod 8). A tile begins
/// at a multiple of 128 bytes; then a lane goes 16·s columns further by an exclusive or with 32·s, and 8 rows further by an addition.
/// </remarks>
internal readonly struct SwizzledLane(int address, int offset, int pageBytes)
{
    /// <summary>Bytes of a row of a page.</summary>
    public const int RowBytes = 128;

    /// <summary>Columns of a page.</summary>
    public const int PageColumns = 64;

    /// <summary>Bytes of 16 rows.</summary>
    public const int StepBytes = 16 * RowBytes;

    public readonly int Address = address;
    public readonly int Offset = offset;
    public readonly int PageBytes = pageBytes;

    /// <summary>The lane's row of the four matrices of a 16 × 16 block at a tile's origin: of A, and transposed of the rows of B.</summary>
    public static SwizzledLane OfRows(int tile, int pageBytes, int lane) => At(tile, pageBytes, lane & 15, lane >> 4);

    /// <summary>The lane's row of the four matrices of a 16 × 16 block at the origin of a tile of the columns of B.</summary>
    public static SwizzledLane OfColumns(int tile, int pageBytes, int lane) =>
        At(tile, pageBytes, (lane & 7) + ((lane >> 4) * 8), (lane >> 3) & 1);

    /// <summary>The lane's first two numbers of an accumulator at a tile's origin.</summary>
    public static SwizzledLane OfAccumulator(int tile, int pageBytes, int lane) =>
        At(tile + ((lane & 3) * 4), pageBytes, lane >> 2, 0);

    /// <summary>The chunk of a row, 16 bytes.</summary>
    public static SwizzledLane At(int tile, int pageBytes, int row, int chunk) =>
        new(tile + (row * RowBytes) + ((chunk ^ (row & 7)) * 16), 0, pageBytes);

    /// <summary>The place a multiple of 8 rows further down.</summary>
    public SwizzledLane Down(int rows) => new(Address, Offset + (rows * RowBytes), PageBytes);

    /// <summary>The address of the place 16 columns a step further right, and one or no chunk more.</summary>
    public int Step(int step, int chunk = 0) => (Address ^ (((step & 3) * 32) + (chunk * 16))) + ((step >> 2) * PageBytes) + Offset;
}
