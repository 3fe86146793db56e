namespace AttentionKernels.MicroKernels;

/// <summary>A formula over two numbers, as a score and its key are: the compile-time choice of the micro-kernels that apply it.</summary>
internal interface IFormula
{
    /// <summary>Whether the second number counts.</summary>
    static virtual bool HasTwoOperands => true;

    /// <summary>The formula's value.</summary>
    /// <param name="x">The first number: a score.</param>
    /// <param name="y">The second number: which key the score is against.</param>
    /// <param name="row">What is known of the score's row; zeros where there are no scores.</param>
    static abstract T Apply<T>(T x, T y, in RowTerms<T> row)
        where T : struct, IScoreNumber<T>;
}
