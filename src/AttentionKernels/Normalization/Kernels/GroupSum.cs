using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

/// <summary>The sum of a work group's numbers, in a fixed order, so that results repeat bit for bit.</summary>
internal static class GroupSum
{
    /// <summary>Threads of the groups that sum; a power of two.</summary>
    public const int Threads = 128;

    /// <summary>Elements of shared memory that their kernel needs: sums one after the other take turns with its halves.</summary>
    public const int SharedLength = 2 * Threads;

    /// <summary>The bytes of it.</summary>
    public const int SharedMemory = SharedLength * sizeof(float);

    /// <summary>Σ over all threads, the same for each; by halves in shared memory.</summary>
    /// <param name="value">The thread's number.</param>
    /// <param name="shared">Shared memory of <see cref="SharedLength"/> elements.</param>
    /// <param name="half">Which half of it, another one than that of the sum before: it may still be read. That of the sum before the last
    /// is free, since the group has met in the last one.</param>
    /// <returns>The sum.</returns>
    public static float Of(float value, ArrayView<float> shared, int half)
    {
        ArrayView<float> sums = shared.SubView(half * Threads, Threads);
        sums[Group.IdxX] = value;
        Group.Barrier();
        for (int pairs = Threads / 2; pairs > 0; pairs /= 2)
        {
            if (Group.IdxX < pairs)
                sums[Group.IdxX] += sums[Group.IdxX + pairs];
            Group.Barrier();
        }

        return sums[0];
    }

    /// <summary>Likewise in twice the precision, then rounded once: what the additions round away stays with the threads that add, and is
    /// summed after them. Takes the first half of shared memory, then the second.</summary>
    public static float Of(DoubleWordSum value, ArrayView<float> shared)
    {
        shared[Group.IdxX] = value.High;
        Group.Barrier();
        for (int pairs = Threads / 2; pairs > 0; pairs /= 2)
        {
            if (Group.IdxX < pairs)
            {
                value.Add(shared[Group.IdxX + pairs]);
                shared[Group.IdxX] = value.High;
            }

            Group.Barrier();
        }

        return shared[0] + Of(value.Low, shared, half: 1);
    }
}
