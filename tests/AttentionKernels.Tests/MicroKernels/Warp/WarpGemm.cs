using AttentionKernels.Formats;
using AttentionKernels.Launching;
using AttentionKernels.MicroKernels.Warp;
using ILGPU;

namespace AttentionKernels.Tests.MicroKernels.Warp;

/// <summary>A and B [rows, depth] with at most as many rows as the tile, C [64, 64].</summary>
internal struct WarpGemmArguments<TElement>
    where TElement : unmanaged, IElement<TElement>
{
    public ArrayView<TElement> A;
    public ArrayView<TElement> B;
    public ArrayView<float> C;
    public int Rows;
    public int Depth;
}

/// <summary>
/// C = A·Bᵀ of 64 × 64 by four warps of 16 rows: panels of depth through two buffers in shared memory, the next one copied while this one is
/// multiplied. Rows and depth outside are zeros.
/// </summary>
internal readonly struct WarpGemm<TElement, TTile, TDepth> : IGroupKernel<WarpGemmArguments<TElement>>
    where TElement : unmanaged, IElement<TElement>
    where TTile : struct, TensorCore<TElement>.ITile<TTile>
    where TDepth : struct, TensorCore<TElement>.ITile<TDepth>
{
    private const int Rows = 64;
    private const int FactorBytes = Rows * SwizzledLane.RowBytes;
    private const int BufferBytes = 2 * FactorBytes;

    public static int GroupSize => TileCopy.Threads;

    public static bool UsesTensorCores => true;

    public static int DynamicSharedBytes => (2 * BufferBytes) + SwizzledLane.RowBytes;

    private static int PanelDepth => TDepth.Steps * 16;

    public static void Run(WarpGemmArguments<TElement> arguments)
    {
        int shared = (MemoryAddress.OfShared(ref SharedMemory.GetDynamic<long>()[0]) + 127) & ~127;
        int lane = Group.IdxX & 31;
        int warpRow = (Group.IdxX >> 5) * TTile.Rows;
        int panels = (arguments.Depth + PanelDepth - 1) / PanelDepth;
        Copy(arguments, shared, 0);
        TTile tile = default;
        for (int panel = 0; panel < panels; panel++)
        {
            Copy(arguments, shared, panel + 1);
            AsyncCopy.Wait(1);
            Group.Barrier();
            int buffer = shared + ((panel & 1) * BufferBytes);
            tile = TDepth.AddDepth(
                tile, SwizzledLane.OfRows(buffer + (warpRow * SwizzledLane.RowBytes), FactorBytes, lane),
                SwizzledLane.OfColumns(buffer + FactorBytes, FactorBytes, lane), 0);
            Group.Barrier();
        }

        AsyncCopy.Wait(0);
        TTile.Map(tile, new StoreNumbers<TElement>(arguments.C, ((warpRow + (lane >> 2)) * Rows) + ((lane & 3) * 2), Rows), 0);
    }

    private static void Copy(WarpGemmArguments<TElement> arguments, int shared, int panel)
    {
        int buffer = shared + ((panel & 1) * BufferBytes);
        int column = (panel * PanelDepth) + TileCopy.Column(Group.IdxX);
        Copy(arguments, MemoryAddress.OfGlobal(ref arguments.A[0]), buffer, column);
        Copy(arguments, MemoryAddress.OfGlobal(ref arguments.B[0]), buffer + FactorBytes, column);
        AsyncCopy.Commit();
    }

    private static void Copy(WarpGemmArguments<TElement> arguments, long factor, int target, int column)
    {
        int row = TileCopy.Row(Group.IdxX);
        bool inside = column < arguments.Depth;
        var rows = MemoryRows.OfPitch(
            factor + (2L * ((row * arguments.Depth) + (inside ? column : 0))), 2L * TileCopy.RowsPerStep * arguments.Depth,
            inside ? arguments.Rows - row : 0);
        TTile.Copy(TileCopy.Of(target, FactorBytes, PanelDepth, PanelDepth, Group.IdxX, TileCopy.Bytes, isAligned: true), rows, 0);
    }
}

/// <summary>Stores a tile in fp32.</summary>
internal readonly struct StoreNumbers<TElement>(ArrayView<float> target, int first, int stride) : TensorCore<TElement>.ITileFunction<StoreNumbers<TElement>>
    where TElement : unmanaged, IElement<TElement>
{
    public readonly ArrayView<float> Target = target;
    public readonly int First = first;
    public readonly int Stride = stride;

    public static TensorCore<TElement>.Block Apply(StoreNumbers<TElement> self, TensorCore<TElement>.Block block, int row, int column)
    {
        int first = self.First + (row * self.Stride) + column;
        Store(self, first, block.Left);
        Store(self, first + 8, block.Right);
        return block;
    }

    private static void Store(StoreNumbers<TElement> self, int first, Accumulator numbers)
    {
        self.Target[first] = numbers.R0;
        self.Target[first + 1] = numbers.R1;
        self.Target[first + (8 * self.Stride)] = numbers.R2;
        self.Target[first + (8 * self.Stride) + 1] = numbers.R3;
    }
}
