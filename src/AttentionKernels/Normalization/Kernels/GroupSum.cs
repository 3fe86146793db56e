using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

/// <summary>The sum of a work group's numbers, in a fixed order, so that results repeat bit for bit.</summary>
internal static class GroupSum
{
    /// <summary>Threads of the groups that sum; a power of two.</summary>
    public const int Threads = 128;

    // Threads that add the numbers of all, four neighbours at a time, and leave a part of the sum each.
    private const int Parts = 8;

    /// <summary>Elements of shared memory that their kernel needs: numbers, parts of a sum, and what sums of twice the precision
    /// take.</summary>
    public const int SharedLength = Threads + Parts + Threads;

    /// <summary>The bytes of it.</summary>
    public const int SharedMemory = SharedLength * sizeof(float);

    /// <summary>Shared memory for the sums of a kernel.</summary>
    public static ArrayView<float> Allocate() => ILGPU.SharedMemory.Allocate<RegisterRow>(SharedLength / 4).Cast<float>();

    /// <summary>Σ over all threads, the same for each. Sums may follow one another without a barrier: nobody reads numbers behind the
    /// second barrier, or parts behind the first one of the next sum.</summary>
    /// <param name="value">The thread's number.</param>
    /// <param name="shared">Shared memory of <see cref="SharedLength"/> elements.</param>
    /// <returns>The sum.</returns>
    public static float Of(float value, ArrayView<float> shared)
    {
        ArrayView<RegisterRow> numbers = shared.Cast<RegisterRow>();
        ArrayView<float> parts = shared.SubView(Threads, Parts);
        shared[Group.IdxX] = value;
        Group.Barrier();
        if (Group.IdxX < Parts)
        {
            ArrayView<RegisterRow> own = numbers.SubView(Group.IdxX);
            parts[Group.IdxX] = own[0].Add(own[Parts]).Add(own[2 * Parts].Add(own[3 * Parts])).Sum();
        }

        Group.Barrier();
        return numbers[Threads / 4].Add(numbers[(Threads / 4) + 1]).Sum();
    }

    /// <summary>Likewise in twice the precision, then rounded once: what the additions round away stays with the threads that add, and is
    /// summed after them.</summary>
    public static float Of(DoubleWordSum value, ArrayView<float> shared)
    {
        ArrayView<float> sums = shared.SubView(Threads + Parts, Threads);
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

        return sums[0] + Of(value.Low, shared);
    }
}
