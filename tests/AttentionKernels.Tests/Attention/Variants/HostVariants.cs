namespace AttentionKernels.Tests.Attention.Variants;

/// <summary>A mask by its definition, for the oracle.</summary>
public readonly struct MaskBy(Func<Position, bool> allows) : IMask<MaskBy>
{
    private readonly Func<Position, bool> _allows = allows;

    public static bool Allows(in MaskBy self, in Position at) => self._allows(at);
}

/// <summary>A modifier by its definition, for the oracle.</summary>
public readonly struct ScoreBy(Func<float, Position, float> apply) : IScoreModifier<ScoreBy>
{
    private readonly Func<float, Position, float> _apply = apply;

    public static float Apply(in ScoreBy self, float score, in Position at) => self._apply(score, at);
}
