using System.Runtime.CompilerServices;

namespace AttentionKernels.Tests.Attention;

/// <summary>A soft cap, and linear biases on what it leaves: formulas call each other.</summary>
public readonly struct CappedAlibi(float cap, int heads) : IScoreFormula<CappedAlibi>
{
    private readonly SoftCap _cap = new(cap);
    private readonly AlibiBias _bias = new(heads);

    public static RowTerms Row(in CappedAlibi self, in Position row)
    {
        RowTerms cap = SoftCap.Row(self._cap, row);
        RowTerms bias = AlibiBias.Row(self._bias, row);
        return new RowTerms(cap.A, cap.B, bias.A, bias.B);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T score, T key, in RowTerms<T> row)
        where T : struct, IScoreNumber<T>
    {
        T capped = SoftCap.Apply(score, key, new RowTerms<T>(row.A, row.B));
        return AlibiBias.Apply(capped, key, new RowTerms<T>(row.C, row.D));
    }
}
