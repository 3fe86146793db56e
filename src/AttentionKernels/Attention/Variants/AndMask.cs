using AttentionKernels.Attention.Variants;

namespace AttentionKernels;

/// <summary>Both of two masks: a query attends to the keys that both let through.</summary>
/// <remarks>Made by <see cref="VariantOperations.And{TMask, TOther}"/>. Where the ranges of both are exact, so is this one's.</remarks>
/// <typeparam name="TFirst">The one.</typeparam>
/// <typeparam name="TSecond">The other.</typeparam>
public readonly struct AndMask<TFirst, TSecond> : IMask<AndMask<TFirst, TSecond>>, IBothMasks
    where TFirst : struct, IMask<TFirst>
    where TSecond : struct, IMask<TSecond>
{
    private readonly TFirst _first;
    private readonly TSecond _second;

    internal AndMask(TFirst first, TSecond second)
    {
        _first = first;
        _second = second;
    }

    /// <inheritdoc/>
    (object First, object Second) IBothMasks.Masks => (_first, _second);

    /// <inheritdoc/>
    public static bool RangeIsExact => TFirst.RangeIsExact && TSecond.RangeIsExact;

    /// <inheritdoc/>
    public static bool Allows(in AndMask<TFirst, TSecond> self, in Position at) =>
        TFirst.Allows(self._first, at) && TSecond.Allows(self._second, at);

    /// <inheritdoc/>
    public static KeyRange Range(in AndMask<TFirst, TSecond> self, in QueryRange queries)
    {
        KeyRange second = TSecond.Range(self._second, queries);
        return TFirst.Range(self._first, queries).Clip(second.First, second.End);
    }

    /// <inheritdoc/>
    public static TileCoverage Coverage(in AndMask<TFirst, TSecond> self, in QueryRange queries, KeyRange keys)
    {
        TileCoverage first = OrInRanges(TFirst.Coverage(self._first, queries, keys), TFirst.RangeIsExact);
        TileCoverage second = OrInRanges(TSecond.Coverage(self._second, queries, keys), TSecond.RangeIsExact);
        if (first == TileCoverage.Empty || second == TileCoverage.Empty)
            return TileCoverage.Empty;
        if (first == TileCoverage.Full)
            return second;

        // Where one lets everything through, its ranges hold all keys of the tile: they take nothing from the other's.
        return second == TileCoverage.Full || first == second ? first : TileCoverage.Partial;
    }

    private static TileCoverage OrInRanges(TileCoverage coverage, bool rangeIsExact) =>
        coverage == TileCoverage.Partial && rangeIsExact ? TileCoverage.InRanges : coverage;
}
