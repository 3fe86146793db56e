namespace AttentionKernels.Tests.Attention;

/// <summary>A mask that the library does not know: queries attend to keys of their own parity, except the first of every group of five.</summary>
public readonly struct ParityMask : IMask<ParityMask>
{
    public static bool Allows(in ParityMask self, in Position at) => ((at.Query ^ at.Key) & 1) == 0 && at.Key % 5 != 0;
}

/// <summary>A mask of one key more than a window, with a range, so that kernels skip tiles on both sides.</summary>
public readonly struct WindowMask(int width) : IMask<WindowMask>
{
    private readonly int _width = width;

    public static bool Allows(in WindowMask self, in Position at) => at.Key >= at.Query - self._width && at.Key <= at.Query;

    public static KeyRange Range(in WindowMask self, int firstQuery, int lastQuery, int queryLength, int keyLength) =>
        new(firstQuery - self._width, lastQuery + 1);
}

/// <summary>A score modifier that the library does not know; it looks at every part of the position.</summary>
public readonly struct DistanceBias(float slope) : IScoreModifier<DistanceBias>
{
    private readonly float _slope = slope;

    public static float Apply(in DistanceBias self, float score, in Position at) =>
        score + (self._slope * (at.Head + 1) * (at.Key - at.Query - at.KeyLength + at.QueryLength)) - (0.25f * at.Batch);
}

/// <summary>A modifier that masks by −∞.</summary>
public readonly struct EveryThirdKey : IScoreModifier<EveryThirdKey>
{
    public static float Apply(in EveryThirdKey self, float score, in Position at) => at.Key % 3 == 0 ? score : float.NegativeInfinity;
}
