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
            var random = new Random(HashOf(content, chunk));
            Span<float> part = elements.AsSpan(chunk * ChunkLength, (int)Math.Min(ChunkLength, count - (long)chunk * ChunkLength));
            for (int index = 0; index < part.Length; index += 2)
            {
                // Box and Muller: two uniform numbers make two normal ones.
                double radius = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
                (double sine, double cosine) = Math.SinCos(2 * Math.PI * random.NextDouble());
                part[index] = (float)(radius * cosine);
                if (index + 1 < part.Length)
                    part[index + 1] = (float)(radius * sine);
            }
        });
        return elements;
    }

    private static int HashOf(Content content, int chunk) => ((int)content + 1) * 1_000_003 + chunk;
}
