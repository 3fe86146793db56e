namespace AttentionKernels.Tests.BadInput;

/// <summary>A mask with a bool, which no driver takes.</summary>
public readonly struct BoolMask(bool strict) : IMask<BoolMask>
{
    public static bool Allows(in BoolMask self, in Position at) => self.IsStrict && at.Key >= 0;

    private bool IsStrict => strict;
}

/// <summary>A modifier whose bool is in a struct of its own.</summary>
public readonly struct BoolModifier : IScoreModifier<BoolModifier>
{
    private Choices Chosen { get; init; }

    public static float Apply(in BoolModifier self, float score, in Position at) => self.Chosen.Inverted ? -score : score;

    private readonly struct Choices
    {
        public bool Inverted { get; init; }
    }
}
