namespace AttentionKernels.Attention;

/// <summary>How many tokens each sequence has, by lengths or by offsets: nᵢ = oᵢ₊₁ − oᵢ.</summary>
/// <param name="numbers">The lengths, or the offsets, of which there is one more.</param>
/// <param name="areOffsets">Whether they are offsets.</param>
internal readonly ref struct TokenLengths(ReadOnlySpan<int> numbers, bool areOffsets)
{
    private readonly ReadOnlySpan<int> _numbers = numbers;

    /// <summary>The number of sequences.</summary>
    public int Count => areOffsets ? _numbers.Length - 1 : _numbers.Length;

    /// <summary>Offsets, checked.</summary>
    /// <exception cref="ArgumentException">They do not begin at 0, or fall.</exception>
    public static TokenLengths Between(ReadOnlySpan<int> offsets, string name)
    {
        if (offsets.IsEmpty || offsets[0] != 0)
        {
            string what = offsets.IsEmpty ? "There is no offset" : $"Offset 0 is {offsets[0]}";
            throw new ArgumentException($"{what}; the first must be there and be 0, and one more follow for each sequence.", name);
        }

        for (int index = 1; index < offsets.Length; index++)
        {
            if (offsets[index] < offsets[index - 1])
            {
                throw new ArgumentException(
                    $"Offset {index} is {offsets[index]}; it must be at least the one before, {offsets[index - 1]}.", name);
            }
        }

        return new TokenLengths(offsets, areOffsets: true);
    }

    /// <summary>Writes the lengths, one for each sequence.</summary>
    public void CopyTo(Span<int> lengths)
    {
        if (!areOffsets)
        {
            _numbers.CopyTo(lengths);
            return;
        }

        for (int sequence = 0; sequence < Count; sequence++)
            lengths[sequence] = _numbers[sequence + 1] - _numbers[sequence];
    }
}
