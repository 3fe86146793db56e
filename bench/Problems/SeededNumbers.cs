using AttentionKernels.Oracle;

namespace AttentionKernels.Problems;

/// <summary>Normally distributed numbers, made by all processors.</summary>
internal static class SeededNumbers
{
    private const int ChunkLength = 1 << 16, SeedsOfChunks = 1_000_003;

    /// <summary>The same for the same seed, however many processors there are: a chunk has a seed of its own.</summary>
    public static float[] Normal(int seed, long count)
    {
        var numbers = new float[count];
        Parallel.For(0, (int)((count + ChunkLength - 1) / ChunkLength), chunk =>
        {
            int first = chunk * ChunkLength;
            RandomData.Normal((seed * SeedsOfChunks) + chunk, Math.Min(ChunkLength, count - first)).CopyTo(numbers, first);
        });
        return numbers;
    }
}
