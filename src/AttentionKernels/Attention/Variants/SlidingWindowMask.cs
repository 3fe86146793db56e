namespace AttentionKernels;

/// <summary>A sliding window: a query at position p attends to the keys from p − left to p + right, the last query being at the last
/// key.</summary>
/// <remarks>
/// Beltagy, Peters and Cohan, "Longformer: The Long-Document Transformer", 2020. FlashAttention's <c>window_size</c>; a causal window of n
/// tokens, Mistral's, is <c>new SlidingWindowMask(n - 1)</c>. Keys outside are never read.
/// </remarks>
public readonly struct SlidingWindowMask : IMask<SlidingWindowMask>
{
    /// <summary>As many keys as there are on a side.</summary>
    public const int Unlimited = int.MaxValue;

    // Half of what an int holds, so that no sum of it and a position overflows.
    private const int Most = 1 << 30;

    private readonly int _left;
    private readonly int _right;

    /// <summary>Makes a window.</summary>
    /// <param name="left">Keys before the query's own.</param>
    /// <param name="right">Keys behind it; 0 for a causal window.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="left"/> or <paramref name="right"/> is negative.</exception>
    public SlidingWindowMask(int left, int right = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(left);
        ArgumentOutOfRangeException.ThrowIfNegative(right);
        _left = Math.Min(left, Most);
        _right = Math.Min(right, Most);
    }

    /// <summary>Keys before the query's own; where it is <see cref="IsUnlimited"/>, more than there are.</summary>
    internal int Left => _left;

    /// <summary>Keys behind it.</summary>
    internal int Right => _right;

    /// <summary>Whether all keys before the query's own are within.</summary>
    internal bool IsUnlimited => _left == Most;

    /// <inheritdoc/>
    public static bool RangeIsExact => true;

    /// <inheritdoc/>
    public static bool Allows(in SlidingWindowMask self, in Position at) =>
        at.Key >= at.QueryPosition - self._left && at.Key - self._right <= at.QueryPosition;

    /// <inheritdoc/>
    public static KeyRange Range(in SlidingWindowMask self, in QueryRange queries) =>
        new(queries.FirstPosition - self._left, Math.Min(queries.LastPosition, queries.KeyLength - self._right) + self._right + 1);

    /// <inheritdoc/>
    public static TileCoverage Coverage(in SlidingWindowMask self, in QueryRange queries, KeyRange keys) =>
        IMask<SlidingWindowMask>.CoverageByRanges(self, queries, keys);
}
