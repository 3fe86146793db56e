namespace AttentionKernels.Tests.Elementwise;

/// <summary>A user's own activation: x·max(0, min(x + 3, 6)) / 6. −∞ gives NaN, as −∞·0 does.</summary>
public readonly struct HardSwish : IActivation
{
    public static T Apply<T>(T x)
        where T : struct, IScoreNumber<T> => x * ((x + 3f).Max(0f).Min(6f) / 6f);
}
