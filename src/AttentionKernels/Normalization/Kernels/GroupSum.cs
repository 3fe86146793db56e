using AttentionKernels.MicroKernels;
using AttentionKernels.MicroKernels.Warp;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

/// <summary>Sums over the threads of a work group, in one order on every device: neighbours first, then neighbouring pairs, and so on, so
/// that results repeat bit for bit.</summary>
/// <remarks>Sixteen threads make a part of a sum, by shuffles where the device has them; the parts meet in shared memory, and every thread
/// adds them up.</remarks>
internal static class GroupSum
{
    /// <summary>Threads of the groups that sum; a power of two.</summary>
    public const int Threads = 128;

    /// <summary>Threads that make a part of a sum.</summary>
    public const int PartThreads = 16;

    /// <summary>How many parts there are.</summary>
    public const int Parts = Threads / PartThreads;

    /// <summary>Where in shared memory the parts of both sums are.</summary>
    public const int FirstPart = 2 * Threads;

    // And the sums of twice the precision.
    private const int FirstDoubleWord = FirstPart + (2 * Parts);

    /// <summary>Elements of shared memory that their kernel needs.</summary>
    public const int SharedLength = FirstDoubleWord + Threads;

    /// <summary>The bytes of it.</summary>
    public const int SharedMemory = SharedLength * sizeof(float);

    /// <summary>Shared memory for the sums of a kernel.</summary>
    public static ArrayView<float> Allocate() => ILGPU.SharedMemory.Allocate<RegisterRow>(SharedLength / 4).Cast<float>();

    /// <summary>Both sums over all threads, the same for each. Sums may follow one another without a barrier: nobody reads numbers behind
    /// the second barrier, or parts behind the first one of the next sums.</summary>
    /// <param name="value">The thread's numbers.</param>
    /// <param name="shared">Shared memory of <see cref="SharedLength"/> elements.</param>
    /// <returns>The sums.</returns>
    public static ShiftedSums Of(ShiftedSums value, ArrayView<float> shared)
    {
        int thread = Group.IdxX;
        int part = thread / PartThreads;
        ArrayView<float> squares = shared.SubView(Threads);
        ArrayView<float> parts = shared.SubView(FirstPart);
        shared[thread] = value.Sum;
        squares[thread] = value.Squares;
        Group.Barrier();
        value.Sum = WarpShuffle.SumOfSixteen(value.Sum, ref shared[part * PartThreads]);
        value.Squares = WarpShuffle.SumOfSixteen(value.Squares, ref squares[part * PartThreads]);
        if (thread % PartThreads == 0)
        {
            parts[part] = value.Sum;
            parts[Parts + part] = value.Squares;
        }

        Group.Barrier();
        return new ShiftedSums { Sum = SumOfParts(parts, 0), Squares = SumOfParts(parts, Parts) };
    }

    /// <inheritdoc cref="Of(ShiftedSums, ArrayView{float})"/>
    public static GradientSums Of(GradientSums value, ArrayView<float> shared)
    {
        ShiftedSums sums = Of(new ShiftedSums { Sum = value.Sum, Squares = value.Products }, shared);
        return new GradientSums { Sum = sums.Sum, Products = sums.Squares };
    }

    /// <summary>Likewise one sum in twice the precision, then rounded once: what the additions round away stays with the threads that add,
    /// and is summed after them.</summary>
    public static float Of(DoubleWordSum value, ArrayView<float> shared)
    {
        ArrayView<float> sums = shared.SubView(FirstDoubleWord, Threads);
        sums[Group.IdxX] = value.High;
        Group.Barrier();
        for (int pairs = Threads / 2; pairs > 0; pairs /= 2)
        {
            if (Group.IdxX < pairs)
            {
                value.Add(sums[Group.IdxX + pairs]);
                sums[Group.IdxX] = value.High;
            }

            Group.Barrier();
        }

        return sums[0] + Of(new ShiftedSums { Sum = value.Low }, shared).Sum;
    }

    private static float SumOfParts(ArrayView<float> parts, int first)
    {
        ArrayView<RegisterRow> fours = parts.Cast<RegisterRow>().SubView(first / 4);
        return fours[0].PairwiseSum() + fours[1].PairwiseSum();
    }
}
