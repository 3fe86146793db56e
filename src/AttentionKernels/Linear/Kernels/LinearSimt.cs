using AttentionKernels.Launching;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Linear.Kernels;

/// <summary>y[token][row] = Σ over the columns of weight[row][column] · x[token][column]. Simt schedule, for every GPU.</summary>
/// <remarks>
/// <para>Tile: a work group owns <see cref="Block"/> rows of the weight for <see cref="Block"/> tokens; a thread the columns t, t+128, …,
/// so that neighbouring threads read neighbouring elements, and one term of each of the 16 sums, in registers. The threads' sums meet in
/// shared memory, by halves.</para>
/// <para>A tile at the edge takes its last row or token several times, and stores it once: what a thread adds, and in which order, is the
/// same in every tile, and so a token's result does not depend on how many others there are.</para>
/// </remarks>
internal readonly struct LinearSimt : IGroupKernel<LinearArguments>
{
    /// <summary>Rows of a tile, and its tokens.</summary>
    public const int Block = 4;

    private const int Threads = 128;
    private const int Sums = Block * Block;

    /// <summary>Bytes of shared memory that a group needs.</summary>
    public const int SharedMemory = Sums * Threads * sizeof(float);

    public static int GroupSize => Threads;

    public static void Run(LinearArguments arguments)
    {
        ArrayView<float> shared = ILGPU.SharedMemory.Allocate<float>(Sums * Threads);
        int thread = Group.IdxX;
        LinearTile tile = LinearTile.At(arguments, Grid.IdxX);
        RegisterTile sums = default;
        for (int column = thread; column < arguments.Columns; column += Threads)
        {
            sums = sums.MultiplyAdd(
                Column(arguments.Weight, tile.FirstRow, tile.Rows, column, arguments.Columns),
                Column(arguments.Input, tile.FirstToken, tile.Tokens, column, arguments.Columns));
        }

        Share(shared, 0, sums.Row0);
        Share(shared, 1, sums.Row1);
        Share(shared, 2, sums.Row2);
        Share(shared, 3, sums.Row3);
        Group.Barrier();
        for (int half = Threads / 2; half > 0; half /= 2)
        {
            for (int pair = thread; pair < Sums * half; pair += Threads)
            {
                int left = (pair / half * Threads) + (pair % half);
                shared[left] += shared[left + half];
            }

            Group.Barrier();
        }

        int row = thread / Block;
        int token = thread % Block;
        if (row < tile.Rows && token < tile.Tokens)
            arguments.Output[((long)(tile.FirstToken + token) * arguments.Rows) + tile.FirstRow + row] = shared[thread * Threads];
    }

    // One element of each vector of a block; the last vector stands in for those that are missing.
    private static RegisterRow Column(ArrayView<float> vectors, int first, int count, int column, long stride)
    {
        int last = first + count - 1;
        return new RegisterRow(
            vectors[(first * stride) + column],
            vectors[(Math.Min(first + 1, last) * stride) + column],
            vectors[(Math.Min(first + 2, last) * stride) + column],
            vectors[(Math.Min(first + 3, last) * stride) + column]);
    }

    private static void Share(ArrayView<float> shared, int row, RegisterRow sums)
    {
        int first = (row * Block * Threads) + Group.IdxX;
        shared[first] = sums.A;
        shared[first + Threads] = sums.B;
        shared[first + (2 * Threads)] = sums.C;
        shared[first + (3 * Threads)] = sums.D;
    }
}
