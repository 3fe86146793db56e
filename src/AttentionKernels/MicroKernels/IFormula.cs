namespace AttentionKernels.MicroKernels;

/// <summary>A formula over scores, as the compile-time choice of the micro-kernels that apply it.</summary>
internal interface IFormula
{
    /// <summary>The formula's value for a score against a key of a row.</summary>
    static abstract T Apply<T>(T score, T key, in RowTerms<T> row)
        where T : struct, IScoreNumber<T>;
}
