namespace AttentionKernels.Attention.Variants;

/// <summary>Multiplies scores by the scale of their query: score · scales[b, h, q].</summary>
/// <remarks>Queries that are stored quantised are attended as they are stored, so that no rounding comes between; what they are multiplied
/// by follows here.</remarks>
internal readonly struct QueryScales : IScoreFormula<QueryScales>
{
    private readonly VariantTable<float> _scales;

    private QueryScales(VariantTable<float> scales) => _scales = scales;

    /// <inheritdoc/>
    public static int TermCount => 1;

    /// <summary>The scales of a plan's queries.</summary>
    /// <param name="scales">The scales [batch, heads, queries], and more behind them.</param>
    /// <param name="problem">The plan's sizes.</param>
    public static QueryScales Of(TensorView<float> scales, AttentionProblem problem) => new(new VariantTable<float>(
        new TensorView<float>(scales.Data, Shape(problem)), (4, 4), "[batch, heads, queries, 1]", nameof(scales)));

    /// <summary>The shape of a plan's scales [batch, heads, queries, 1], which is never empty: a plan may be for no queries at all.</summary>
    public static TensorShape Shape(AttentionProblem problem) =>
        [Math.Max(1, problem.Batch), problem.Heads, Math.Max(1, problem.MaximumQueries), 1];

    /// <inheritdoc/>
    public static RowTerms Row(in QueryScales self, in Position row) => new(self._scales.At(row.Batch, row.Head, row.Query, 0));

    /// <inheritdoc/>
    static T IScoreFormula<QueryScales>.Apply<T>(T score, T key, in RowTerms<T> row) => score * row.A;
}
