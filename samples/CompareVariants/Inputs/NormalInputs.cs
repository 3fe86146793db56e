using AttentionKernels.Oracle;

namespace AttentionKernels.Samples.CompareVariants.Inputs;

/// <summary>Normally distributed elements from a fixed seed.</summary>
internal sealed class NormalInputs : IInputs
{
    private const int ChunkLength = 1 << 16;

    /// <inheritdoc/>
    public string Description => "seeded normal data";

    /// <inheritdoc/>
    public float[] Take(Content content, long count)
    {
        var elements = new float[count];
        // A seed for each chunk makes the elements independent of how many processors there are.
        Parallel.For(0, (int)((count + ChunkLength - 1) / ChunkLength), chunk =>
        {
            int start = chunk * ChunkLength;
            RandomData.Normal(SeedOf(content, chunk), Math.Min(ChunkLength, count - start)).CopyTo(elements, start);
        });
        return elements;
    }

    private static int SeedOf(Content content, int chunk) => ((int)content + 1) * 1_000_003 + chunk;
}
