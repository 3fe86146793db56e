namespace AttentionKernels;

/// <summary>
/// Which position each pair of a head turns by, where tokens have several, such as the time, the height and the width of a part of a
/// picture: multi-section rotary embedding (M-RoPE). For each pair the number of its section.
/// </summary>
/// <remarks>Wang et al., "Qwen2-VL: Enhancing vision-language model's perception of the world at any resolution", 2024.</remarks>
/// <example>
/// <code>
/// int[] sections = RotarySections.Consecutive(16, 24, 24); // Qwen2-VL, rotary dimension 128
/// </code>
/// </example>
public static class RotarySections
{
    /// <summary>Sections one behind the other, as in Qwen2-VL: the first pairs are of section 0, the next of section 1.</summary>
    /// <param name="pairs">How many pairs each section has; <c>mrope_section</c> in a model's configuration.</param>
    /// <returns>The section of each pair.</returns>
    /// <exception cref="ArgumentException">There is no section, a number is negative, or there are too many pairs.</exception>
    public static int[] Consecutive(params ReadOnlySpan<int> pairs)
    {
        int[] sections = new int[Sum(pairs)];
        int first = 0;
        for (int section = 0; section < pairs.Length; section++)
        {
            sections.AsSpan(first, pairs[section]).Fill(section);
            first += pairs[section];
        }

        return sections;
    }

    /// <summary>Sections in turn, as in Qwen3-VL: of n sections pair i is of section i mod n, as long as that has fewer pairs than it is to
    /// have; the rest is of section 0.</summary>
    /// <param name="pairs">How many pairs each section has; <c>mrope_section</c> in a model's configuration.</param>
    /// <returns>The section of each pair.</returns>
    /// <exception cref="ArgumentException">There is no section, a number is negative, there are too many pairs, or a section beside the
    /// first one has more than its turns.</exception>
    public static int[] Interleaved(params ReadOnlySpan<int> pairs)
    {
        int[] sections = new int[Sum(pairs)];
        for (int section = 1; section < pairs.Length; section++)
        {
            int turns = (sections.Length - section + pairs.Length - 1) / pairs.Length;
            if (pairs[section] > turns)
            {
                throw new ArgumentException(
                    $"Section {section} has {pairs[section]} pairs; it must have at most {turns}, its turns among {sections.Length} pairs.",
                    nameof(pairs));
            }

            for (int turn = 0; turn < pairs[section]; turn++)
                sections[(turn * pairs.Length) + section] = section;
        }

        return sections;
    }

    private static int Sum(ReadOnlySpan<int> pairs)
    {
        if (pairs.IsEmpty)
            throw new ArgumentException("There are no sections; there must be at least one.", nameof(pairs));
        long sum = 0;
        for (int section = 0; section < pairs.Length; section++)
        {
            if (pairs[section] < 0)
                throw new ArgumentException($"Section {section} has {pairs[section]} pairs; it must have at least 0.", nameof(pairs));
            sum += pairs[section];
        }

        return sum is >= 1 and <= int.MaxValue / 2
            ? (int)sum
            : throw new ArgumentException($"The sections have {sum} pairs; they must have 1 to {int.MaxValue / 2}.", nameof(pairs));
    }
}
