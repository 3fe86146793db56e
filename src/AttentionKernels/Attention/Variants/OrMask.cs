namespace AttentionKernels;

/// <summary>Either of two masks: a query attends to the keys that one of them lets through.</summary>
/// <remarks>Made by <see cref="VariantOperations.Or{TMask, TOther}"/>.</remarks>
/// <typeparam name="TFirst">The one.</typeparam>
/// <typeparam name="TSecond">The other.</typeparam>
public readonly struct OrMask<TFirst, TSecond> : IMask<OrMask<TFirst, TSecond>>
    where TFirst : struct, IMask<TFirst>
    where TSecond : struct, IMask<TSecond>
{
    private readonly TFirst _first;
    private readonly TSecond _second;

    internal OrMask(TFirst first, TSecond second)
    {
        _first = first;
        _second = second;
    }

    /// <inheritdoc/>
    public static bool Allows(in OrMask<TFirst, TSecond> self, in Position at) =>
        TFirst.Allows(self._first, at) || TSecond.Allows(self._second, at);

    /// <inheritdoc/>
    public static KeyRange Range(in OrMask<TFirst, TSecond> self, in QueryRange queries)
    {
        KeyRange first = TFirst.Range(self._first, queries);
        KeyRange second = TSecond.Range(self._second, queries);
        if (first.First >= first.End)
            return second;
        if (second.First >= second.End)
            return first;
        return new KeyRange(Math.Min(first.First, second.First), Math.Max(first.End, second.End));
    }

    /// <inheritdoc/>
    public static TileCoverage Coverage(in OrMask<TFirst, TSecond> self, in QueryRange queries, KeyRange keys)
    {
        TileCoverage first = TFirst.Coverage(self._first, queries, keys);
        TileCoverage second = TSecond.Coverage(self._second, queries, keys);
        if (first == TileCoverage.Full || second == TileCoverage.Full)
            return TileCoverage.Full;

        // The range of both may hold more than that of one: it does not say all where one's does.
        return first == TileCoverage.Empty && second == TileCoverage.Empty ? TileCoverage.Empty : TileCoverage.Partial;
    }
}
