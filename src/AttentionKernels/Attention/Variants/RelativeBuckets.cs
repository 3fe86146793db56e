namespace AttentionKernels;

/// <summary>T5's buckets of distances: one for each small distance, and ever wider ones up to a largest distance.</summary>
/// <remarks>Raffel et al., "Exploring the Limits of Transfer Learning with a Unified Text-to-Text Transformer", 2020. Of n buckets for a
/// direction, the first n/2 are the distances 0 to n/2 − 1; bucket n/2 + i begins at ⌈n/2 · (largest/(n/2))^(i/(n/2))⌉, and the last one
/// has no end.</remarks>
public static class RelativeBuckets
{
    /// <summary>The bucket of a distance.</summary>
    /// <param name="distance">The key's position less the query's.</param>
    /// <param name="buckets">Buckets of both directions together; of the one direction, where attention is causal.</param>
    /// <param name="largest">From which distance on all have the last bucket.</param>
    /// <param name="isBidirectional">Whether keys behind the query have buckets of their own, the second half; otherwise they have that of
    /// distance 0.</param>
    /// <returns>The bucket, from 0.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer than two buckets of a direction, or <paramref name="largest"/> is
    /// not above half of them.</exception>
    public static int Of(int distance, int buckets = 32, int largest = 128, bool isBidirectional = false)
    {
        int perDirection = isBidirectional ? buckets / 2 : buckets;
        ArgumentOutOfRangeException.ThrowIfLessThan(perDirection, 2, nameof(buckets));
        int exact = perDirection / 2;
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(largest, exact);
        int first = isBidirectional && distance > 0 ? perDirection : 0;
        long apart = isBidirectional ? Math.Abs((long)distance) : Math.Max(0, -(long)distance);
        if (apart < exact)
            return first + (int)apart;

        // Floating-point logarithms may fall below a whole number that they are.
        double ratio = Math.Log((double)apart / exact) / Math.Log((double)largest / exact) * (perDirection - exact);
        return first + Math.Min(perDirection - 1, exact + (int)(ratio + 1e-9));
    }

    /// <summary>The bias of each distance from −<paramref name="largest"/> to <paramref name="largest"/>, for a
    /// <see cref="RelativeBias"/> whose first distance is −<paramref name="largest"/>.</summary>
    /// <param name="bias">What was learned for each bucket and head [buckets, heads], as T5 stores it.</param>
    /// <param name="heads">The number of heads.</param>
    /// <param name="largest">As in <see cref="Of"/>.</param>
    /// <param name="isBidirectional">As in <see cref="Of"/>.</param>
    /// <returns>The numbers [heads, 2 · largest + 1].</returns>
    /// <exception cref="ArgumentException"><paramref name="bias"/> is no whole number of buckets, or fewer than two.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="heads"/> is not positive, the table is larger than an array may be, or
    /// <see cref="Of"/> refuses the rest.</exception>
    public static float[] Table(ReadOnlySpan<float> bias, int heads, int largest = 128, bool isBidirectional = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(heads);
        int buckets = bias.Length / heads;
        if (buckets < 2 || buckets * heads != bias.Length)
        {
            throw new ArgumentException(
                $"The bias has {bias.Length} numbers; they must be two buckets or more of {heads} heads each.", nameof(bias));
        }

        Of(0, buckets, largest, isBidirectional);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(largest, (Array.MaxLength / heads / 2) - 1);
        float[] table = new float[heads * ((2 * largest) + 1)];
        for (int distance = -largest; distance <= largest; distance++)
        {
            int bucket = Of(distance, buckets, largest, isBidirectional);
            for (int head = 0; head < heads; head++)
                table[(head * ((2 * largest) + 1)) + distance + largest] = bias[(bucket * heads) + head];
        }

        return table;
    }
}
