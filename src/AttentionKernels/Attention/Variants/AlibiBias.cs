using System.Numerics;
using System.Runtime.CompilerServices;
using AttentionKernels.MicroKernels;

namespace AttentionKernels;

/// <summary>
/// Attention with linear biases: score − slope · |query − key|, with a slope for each head and the distance of query and key in tokens,
/// the last query being at the last key.
/// </summary>
/// <remarks>
/// Press, Smith and Lewis, "Train Short, Test Long: Attention with Linear Biases Enables Input Length Extrapolation", 2022. Of H heads, a
/// power of two, head h from 0 has the slope 2^(−8(h + 1)/H). Of another number of heads, the first ones, as many as the largest power of
/// two n below it, have those of n heads, and the others every other one of 2n heads, from the first on. Slopes are within 2 ulp, and exact
/// where they are powers of two.
/// </remarks>
public readonly struct AlibiBias : IScoreFormula<AlibiBias>
{
    private readonly int _heads;

    // n, and 8/n, the exponents' step.
    private readonly int _powerOfTwo;
    private readonly float _step;

    /// <summary>Makes the biases of a number of heads.</summary>
    /// <param name="heads">The number of query heads.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="heads"/> is not positive.</exception>
    public AlibiBias(int heads)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(heads);
        _heads = heads;
        _powerOfTwo = 1 << BitOperations.Log2((uint)heads);
        _step = 8f / _powerOfTwo;
    }

    /// <summary>The number of query heads; plans refuse another than their own.</summary>
    public int Heads => _heads;

    /// <inheritdoc/>
    public static int TermCount => 2;

    /// <inheritdoc/>
    public static RowTerms Row(in AlibiBias self, in Position row)
    {
        // In steps of half heads, the others' are 1, 3, 5, …
        int halves = row.Head < self._powerOfTwo ? 2 * (row.Head + 1) : (2 * (row.Head - self._powerOfTwo)) + 1;
        ScalarNumber slope = ScoreMath.Exp2<ScalarNumber>(-0.5f * self._step * halves);
        return new RowTerms(-slope.Value, row.QueryPosition);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T score, T key, in RowTerms<T> row)
        where T : struct, IScoreNumber<T> => T.MultiplyAdd(row.A, ScoreMath.Abs(row.B - key), score);

    /// <inheritdoc/>
    static void IScoreModifier<AlibiBias>.Check(in AlibiBias self, int heads, string name)
    {
        if (self._heads != heads)
            throw new ArgumentException($"The AlibiBias is of {self._heads} heads; it must be of the query's, {heads}.", name);
    }
}
