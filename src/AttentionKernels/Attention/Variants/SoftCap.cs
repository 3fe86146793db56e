using System.Runtime.CompilerServices;

namespace AttentionKernels;

/// <summary>Limits scores smoothly: cap · tanh(score / cap), which is the score itself where it is small against the cap.</summary>
/// <remarks>Gemma Team, "Gemma 2: Improving Open Language Models at a Practical Size", 2024, caps the scores of attention at 50.</remarks>
public readonly struct SoftCap : IScoreFormula<SoftCap>
{
    private readonly float _cap;

    /// <summary>Makes a soft cap.</summary>
    /// <param name="cap">What no score exceeds in magnitude.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="cap"/> is not a positive finite number whose reciprocal is
    /// one.</exception>
    public SoftCap(float cap)
    {
        if (!(float.IsFinite(cap) && float.IsNormal(1f / cap) && cap > 0f))
            throw new ArgumentOutOfRangeException(nameof(cap), cap, "The cap must be a positive finite number, as its reciprocal must.");
        _cap = cap;
    }

    /// <summary>What no score exceeds in magnitude.</summary>
    public float Cap => _cap;

    /// <inheritdoc/>
    public static int TermCount => 2;

    /// <inheritdoc/>
    public static RowTerms Row(in SoftCap self, in Position row) => new(self._cap, 1f / self._cap);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T score, T key, in RowTerms<T> row)
        where T : struct, IScoreNumber<T> => row.A * ScoreMath.Tanh(score * row.B);

    /// <inheritdoc/>
    static void IScoreModifier<SoftCap>.Check(in SoftCap self, int heads, string name)
    {
        if (self._cap == 0f)
            throw new ArgumentException("The default value of SoftCap has no cap; make one by new SoftCap(cap).", name);
    }
}
