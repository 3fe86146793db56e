namespace AttentionKernels;

/// <summary>A range of key tokens, from <see cref="First"/> up to but not including <see cref="End"/>.</summary>
public readonly struct KeyRange
{
    /// <summary>Makes a range.</summary>
    /// <param name="first">The first key.</param>
    /// <param name="end">One past the last key; a range that ends before it starts is empty.</param>
    public KeyRange(int first, int end)
    {
        First = first;
        End = end;
    }

    /// <summary>The first key.</summary>
    public int First { get; }

    /// <summary>One past the last key.</summary>
    public int End { get; }

    /// <summary>All keys of a sequence.</summary>
    /// <param name="keyLength">The sequence's number of key tokens.</param>
    /// <returns>The range.</returns>
    public static KeyRange All(int keyLength) => new(0, keyLength);

    /// <summary>The part of this range that lies in another; where there is none, an empty range that does.</summary>
    internal KeyRange Clip(int first, int end)
    {
        int clipped = Math.Min(Math.Max(First, first), end);
        return new KeyRange(clipped, Math.Max(clipped, Math.Min(End, end)));
    }
}
