using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

/// <summary>The sum of a work group's numbers, in a fixed order, so that results repeat bit for bit.</summary>
internal static class GroupSum
{
    /// <summary>Threads of the groups that sum; a power of two.</summary>
    public const int Threads = 128;

    /// <summary>Bytes of shared memory that they need.</summary>
    public const int SharedMemory = Threads * sizeof(float);

    /// <summary>Σ over all threads, the same for each; by halves in shared memory.</summary>
    /// <param name="value">The thread's number.</param>
    /// <param name="shared">Shared memory of <see cref="Threads"/> elements; free again when the call returns.</param>
    /// <returns>The sum.</returns>
    public static float Of(float value, ArrayView<float> shared)
    {
        shared[Group.IdxX] = value;
        Group.Barrier();
        for (int half = Threads / 2; half > 0; half /= 2)
        {
            if (Group.IdxX < half)
                shared[Group.IdxX] += shared[Group.IdxX + half];
            Group.Barrier();
        }

        float sum = shared[0];
        Group.Barrier();
        return sum;
    }

    /// <summary>Likewise in twice the precision, then rounded once: what the additions round away stays with the threads that add, and is
    /// summed after them.</summary>
    public static float Of(DoubleWordSum value, ArrayView<float> shared)
    {
        shared[Group.IdxX] = value.High;
        Group.Barrier();
        for (int half = Threads / 2; half > 0; half /= 2)
        {
            if (Group.IdxX < half)
            {
                value.Add(shared[Group.IdxX + half]);
                shared[Group.IdxX] = value.High;
            }

            Group.Barrier();
        }

        float high = shared[0];
        Group.Barrier();
        return high + Of(value.Low, shared);
    }
}
