namespace AttentionKernels.Oracle;

/// <summary>Seeded host data: a seed gives the same elements everywhere.</summary>
internal static class RandomData
{
    /// <summary>Normally distributed elements.</summary>
    public static float[] Normal(int seed, long count, float deviation = 1f, float mean = 0f)
    {
        var random = new Random(seed);
        var elements = new float[count];
        for (long index = 0; index < count; index++)
        {
            // Box and Muller's transform.
            double radius = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
            elements[index] = (float)(mean + (deviation * radius * Math.Cos(2 * Math.PI * random.NextDouble())));
        }

        return elements;
    }

    /// <summary>As many normally distributed elements as <paramref name="shape"/> has.</summary>
    public static float[] Normal(int seed, TensorShape shape, float deviation = 1f, float mean = 0f) =>
        Normal(seed, shape.ElementCount, deviation, mean);

    /// <summary>Evenly distributed elements from <paramref name="low"/> to <paramref name="high"/>.</summary>
    public static float[] Uniform(int seed, long count, float low, float high)
    {
        var random = new Random(seed);
        var elements = new float[count];
        for (long index = 0; index < count; index++)
            elements[index] = (float)(low + ((high - low) * random.NextDouble()));
        return elements;
    }
}
