namespace AttentionKernels.Tests.Attention;

/// <summary><see cref="SoftCap"/> by its definition in fp64, for the oracle.</summary>
public readonly struct ReferenceSoftCap(float cap) : IScoreModifier<ReferenceSoftCap>
{
    private readonly float _cap = cap;

    public static float Apply(in ReferenceSoftCap self, float score, in Position at) => (float)(self._cap * Math.Tanh((double)score / self._cap));
}

/// <summary><see cref="AlibiBias"/> by its definition in fp64, for the oracle.</summary>
public readonly struct ReferenceAlibi(int heads) : IScoreModifier<ReferenceAlibi>
{
    private readonly double[] _slopes = Slopes(heads);

    public static float Apply(in ReferenceAlibi self, float score, in Position at) =>
        (float)(score - (self._slopes[at.Head] * Math.Abs(at.QueryPosition - at.Key)));

    /// <summary>The slopes of the heads as the paper gives them.</summary>
    public static double[] Slopes(int heads)
    {
        if (double.IsInteger(Math.Log2(heads)))
            return [.. Enumerable.Range(1, heads).Select(head => Math.Pow(2, -8.0 * head / heads))];
        int fewer = (int)Math.Pow(2, Math.Floor(Math.Log2(heads)));
        return [.. Slopes(fewer), .. Slopes(2 * fewer).Where((_, head) => head % 2 == 0).Take(heads - fewer)];
    }
}

/// <summary><see cref="CappedAlibi"/> for the oracle.</summary>
public readonly struct ReferenceCappedAlibi(float cap, int heads) : IScoreModifier<ReferenceCappedAlibi>
{
    private readonly ReferenceSoftCap _cap = new(cap);
    private readonly ReferenceAlibi _bias = new(heads);

    public static float Apply(in ReferenceCappedAlibi self, float score, in Position at) =>
        ReferenceAlibi.Apply(self._bias, ReferenceSoftCap.Apply(self._cap, score, at), at);
}
