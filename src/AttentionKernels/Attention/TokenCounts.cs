namespace AttentionKernels.Attention;

/// <summary>How many tokens sequences have in all.</summary>
internal static class TokenCounts
{
    /// <summary>The sum of lengths.</summary>
    /// <param name="lengths">For each sequence its number of tokens.</param>
    /// <param name="most">The most that a sequence may have.</param>
    /// <param name="tokens">Which tokens they are.</param>
    /// <param name="name">What the caller calls the lengths.</param>
    /// <exception cref="ArgumentException">A length is out of range, or the sum is.</exception>
    public static int Sum(ReadOnlySpan<int> lengths, int most, string tokens, string name)
    {
        long sum = 0;
        for (int sequence = 0; sequence < lengths.Length; sequence++)
        {
            if (lengths[sequence] < 0 || lengths[sequence] > most)
            {
                throw new ArgumentException(
                    $"Sequence {sequence} has {lengths[sequence]} {tokens} tokens; the plan was made for 0 to {most}.", name);
            }

            sum += lengths[sequence];
        }

        if (sum > AttentionProblem.MaximumCount)
            throw new ArgumentException($"There are {sum} {tokens} tokens; there must be at most {AttentionProblem.MaximumCount}.", name);
        return (int)sum;
    }
}
