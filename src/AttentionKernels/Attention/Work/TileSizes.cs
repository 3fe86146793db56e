using System.Numerics;

namespace AttentionKernels.Attention.Work;

/// <summary>The sizes of the tiles of attention kernels, and the limits between them; docs/performance-cpu.md has the
/// measurements.</summary>
internal static class TileSizes
{
    /// <summary>Vector schedule, tiled: query rows of a tile. Its key tile is gathered once for so many rows.</summary>
    public const int VectorRows = 128;

    /// <summary>Vector schedule: keys of a tile, for few rows as for many, so that a split is whole tiles of either.</summary>
    public const int VectorKeys = 64;

    /// <summary>Vector schedule, split-KV: the most rows of a kv head for which rows are taken one by one; more fill the lanes of
    /// panels.</summary>
    public const int FewRows = 16;

    /// <summary>Vector schedule, few rows: the rows that the kv heads of a tile are taken together for.</summary>
    public const int DecodeRows = 64;

    /// <summary>Simt schedule, tiled: threads of a group.</summary>
    public const int SimtThreads = 128;

    /// <summary>Simt schedule, tiled: query rows of a tile.</summary>
    public const int SimtRows = 64;

    /// <summary>Simt schedule, tiled: keys of a tile.</summary>
    public const int SimtKeys = 64;

    /// <summary>Simt schedule, tiled: output columns of a block, of which a thread's register tile has one or two.</summary>
    public const int SimtBlockColumns = 64;

    /// <summary>Simt schedule, tiled: dimensions of queries and keys, or keys of values, that are in shared memory at a time.</summary>
    public const int SimtPanelDepth = 16;

    /// <summary>Simt schedule, tiled: numbers from a dimension's, or a key's, rows to the next ones; whole fours, and a four more than
    /// rows against bank conflicts.</summary>
    public const int SimtRowStride = SimtRows + 4;

    /// <summary>Simt schedule, tiled: parts that a row's sum is made of.</summary>
    public const int SimtParts = 4;

    /// <summary>Simt schedule, tiled: bytes of shared memory of a group.</summary>
    public const int SimtSharedMemory = sizeof(float)
        * ((2 * SimtPanelDepth * SimtRowStride) + (SimtKeys * SimtRowStride) + (SimtParts * SimtRows) + SimtRows + (3 * SimtKeys));

    /// <summary>Simt schedule, split-KV: the most rows of a tile.</summary>
    public const int SimtDecodeRows = 8;

    /// <summary>Simt schedule, split-KV: keys of a tile, and threads of a group: a thread scores one key.</summary>
    public const int SimtDecodeKeys = 128;

    /// <summary>Simt schedule, split-KV: the numbers of a line, of which a panel in shared memory has as many as there are threads: a line
    /// for each key, or four, of 128 columns, for each of 32 values.</summary>
    public const int SimtDecodeLine = 32;

    /// <summary>Simt schedule, split-KV: from a line to the next, in fours: one more than it has, an odd number, so that neither lines that
    /// threads read side by side nor parts of a line that they store meet in a bank.</summary>
    public const int SimtDecodeLineFours = (SimtDecodeLine / 4) + 1;

    /// <summary>Simt schedule, split-KV: from a row's weights to the next row's, in fours; one more than there are against bank
    /// conflicts.</summary>
    public const int SimtDecodeWeightFours = (SimtDecodeKeys / 4) + 1;

    /// <summary>Simt schedule, split-KV: output columns of a block, four a thread of each of four parts.</summary>
    public const int SimtDecodeColumns = 128;

    /// <summary>Simt schedule, split-KV: bytes of shared memory of a group.</summary>
    public const int SimtDecodeSharedMemory = (4 * sizeof(float) * SimtDecodeKeys * SimtDecodeLineFours)
        + (SimtDecodeRows * ((sizeof(float) * ((4 * SimtDecodeWeightFours) + SimtDecodeLine + 2)) + (6 * sizeof(int)) + sizeof(long)))
        + (SimtDecodeKeys * 2 * sizeof(long));

    /// <summary>TensorCore schedule: keys of a tile.</summary>
    public const int TensorCoreKeys = 64;

    /// <summary>TensorCore schedule: keys of a tile of narrow heads, whose outputs leave registers for twice the scores.</summary>
    public const int TensorCoreKeysOfNarrow = 128;

    /// <summary>TensorCore schedule: the same where weights are summed up by addition, whose sums and addresses take registers too: of 128
    /// keys ptxas moves accumulators about, most of all where they are in pages.</summary>
    public const int TensorCoreKeysOfNarrowSums = 96;

    /// <summary>TensorCore schedule: the widest of the narrow heads.</summary>
    public const int TensorCoreNarrow = 64;

    /// <summary>TensorCore schedule: the widest values of which a warp's registers hold 32 rows; of wider ones they hold 16.</summary>
    public const int TensorCoreWide = 128;

    /// <summary>TensorCore schedule: the widest keys of which shared memory holds a tile beside one of 128 queries; it has 99 KiB on sm_86
    /// and sm_89.</summary>
    public const int TensorCoreDeep = 192;

    /// <summary>TensorCore schedule, decoding: rows of a tile.</summary>
    public const int TensorCoreDecodeRows = 16;

    /// <summary>TensorCore schedule, decoding: numbers of a block of a key or a value, of which there are up to four.</summary>
    public const int TensorCoreBlock = 64;

    /// <summary>Simt schedule, merging: threads of a group, and the states that are in shared memory at a time.</summary>
    public const int SimtMergeThreads = 128;

    /// <summary>Simt schedule, merging: bytes of shared memory of a group, a factor and a sum a state.</summary>
    public const int SimtMergeSharedMemory = 2 * sizeof(float) * SimtMergeThreads;

    /// <summary>Tiles of so many rows, rounded up.</summary>
    public static int Tiles(long rows, int rowsPerTile) => (int)((rows + rowsPerTile - 1) / rowsPerTile);

    /// <summary>Simt schedule, split-KV: the rows of a tile, 1, 2, 4 or 8, of a problem that has so many of a kv head. Of more than two
    /// blocks of columns, registers hold four rows.</summary>
    public static int SimtDecodeRowsOf(long rows, int valueDimension)
    {
        int most = valueDimension <= 2 * SimtDecodeColumns ? SimtDecodeRows : SimtDecodeRows / 2;
        return rows >= most ? most : (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(1, rows));
    }

    /// <summary>Few rows: how many kv heads a tile takes together.</summary>
    /// <remarks>Without queries there are no tiles, whatever they would be.</remarks>
    public static int DecodeHeads(int group, int keyValueHeads, int queries) =>
        Math.Min(keyValueHeads, Math.Max(1, DecodeRows / Math.Max(1, group * queries)));

    /// <summary>Vector schedule, split-KV: the tiles of a range of an item's keys.</summary>
    public static TileGrid DecodeGrid(int group, int keyValueHeads, int queries) => group * queries > FewRows
        ? new TileGrid(Tiles((long)group * queries, VectorRows), keyValueHeads)
        : new TileGrid(Math.Min(1, queries), Tiles(keyValueHeads, DecodeHeads(group, keyValueHeads, queries)));
}
