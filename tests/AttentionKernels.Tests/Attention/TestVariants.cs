using System.Runtime.CompilerServices;
using ILGPU;

namespace AttentionKernels.Tests.Attention;

/// <summary>A mask that the library does not know: queries attend to keys of their own parity, except the first of every five.</summary>
public readonly struct ParityMask : IMask<ParityMask>
{
    public static bool Allows(in ParityMask self, in Position at) => ((at.Query ^ at.Key) & 1) == 0 && at.Key % 5 != 0;
}

/// <summary>A mask of one key more than a window, with a range, so that kernels skip tiles on both sides.</summary>
public readonly struct WindowMask(int width) : IMask<WindowMask>
{
    private readonly int _width = width;

    public static bool Allows(in WindowMask self, in Position at) => at.Key >= at.Query - self._width && at.Key <= at.Query;

    public static KeyRange Range(in WindowMask self, in QueryRange queries) => new(queries.First - self._width, queries.Last + 1);
}

/// <summary>A formula that the library does not know; it looks at every part of the position.</summary>
public readonly struct DistanceBias(float slope) : IScoreFormula<DistanceBias>
{
    private readonly float _slope = slope;

    public static RowTerms Row(in DistanceBias self, in Position row) =>
        new(self._slope * (row.Head + 1), row.QueryPosition, 0.25f * row.Batch);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T score, T key, in RowTerms<T> row)
        where T : struct, IScoreNumber<T> => score + (row.A * (key - row.B)) - row.C;
}

/// <summary>README's modifier: every other pair of positions has half its score, negated.</summary>
public readonly struct Checkerboard : IScoreModifier<Checkerboard>
{
    public static float Apply(in Checkerboard self, float score, in Position at) =>
        ((at.QueryPosition + at.Key) & 1) == 0 ? score : -0.5f * score;
}

/// <summary>Some scores are the lowest that there is, which masks nothing; all of some rows.</summary>
public readonly struct LowestScores : IScoreModifier<LowestScores>
{
    public static float Apply(in LowestScores self, float score, in Position at) =>
        at.QueryPosition % 3 == 0 || at.Key % 7 == 0 ? float.MinValue : score;
}

/// <summary>A formula that masks by −∞.</summary>
public readonly struct EveryThirdKey : IScoreFormula<EveryThirdKey>
{
    public static int TermCount => 0;

    public static RowTerms Row(in EveryThirdKey self, in Position row) => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T score, T key, in RowTerms<T> row)
        where T : struct, IScoreNumber<T> =>
        T.IfLess(ScoreMath.Floor(key / 3f) * 3f, key, float.NegativeInfinity, score);
}

/// <summary>The scalar form of a modifier, whose formula it hides from kernels.</summary>
public readonly struct ScalarForm<TModifier>(TModifier modifier) : IScoreModifier<ScalarForm<TModifier>>
    where TModifier : struct, IScoreModifier<TModifier>
{
    private readonly TModifier _modifier = modifier;

    public static float Apply(in ScalarForm<TModifier> self, float score, in Position at) => TModifier.Apply(self._modifier, score, at);
}

/// <summary>A mask that holds a view: a number for each key, 0 for those that nobody attends to.</summary>
public readonly struct KeptKeys(ArrayView<int> kept) : IMask<KeptKeys>
{
    private readonly ArrayView<int> _kept = kept;

    public static bool Allows(in KeptKeys self, in Position at) => self._kept[at.Key] != 0;
}

/// <summary>A modifier that holds a view: what is added to the scores of each key.</summary>
public readonly struct KeyBias(ArrayView<float> bias) : IScoreModifier<KeyBias>
{
    private readonly ArrayView<float> _bias = bias;

    public static float Apply(in KeyBias self, float score, in Position at) => score + self._bias[at.Key];
}

/// <summary><see cref="KeptKeys"/> for the oracle, which reads host memory.</summary>
public readonly struct HostKeptKeys(int[] kept) : IMask<HostKeptKeys>
{
    private readonly int[] _kept = kept;

    public static bool Allows(in HostKeptKeys self, in Position at) => self._kept[at.Key] != 0;
}

/// <summary><see cref="KeyBias"/> for the oracle.</summary>
public readonly struct HostKeyBias(float[] bias) : IScoreModifier<HostKeyBias>
{
    private readonly float[] _bias = bias;

    public static float Apply(in HostKeyBias self, float score, in Position at) => score + self._bias[at.Key];
}

/// <summary>What a modifier sees of a sequence: its index, and its lengths.</summary>
public readonly struct SequenceBias : IScoreModifier<SequenceBias>
{
    public static float Apply(in SequenceBias self, float score, in Position at) =>
        score + (0.25f * at.Batch * (at.Key & 1)) - (0.125f * (at.Key % (at.KeyLength - at.QueryLength + 97)) * 0.01f);
}
