namespace AttentionKernels.Attention.Variants;

/// <summary>Multiplies scores by the scale of their query: score · scales[b, h, q].</summary>
/// <remarks>Queries that are stored quantised are attended as they are stored, so that no rounding comes between; what they are multiplied
/// by follows here.</remarks>
internal readonly struct QueryScales : IScoreFormula<QueryScales>
{
    private readonly VariantTable<float> _scales;

    /// <summary>The scales of a plan's queries.</summary>
    /// <param name="scales">The scales [batch, heads, queries, 1], which are never empty.</param>
    public QueryScales(TensorView<float> scales) =>
        _scales = new VariantTable<float>(scales, (4, 4), "[batch, heads, queries, 1]", nameof(scales));

    /// <inheritdoc/>
    public static int TermCount => 1;

    /// <inheritdoc/>
    public static RowTerms Row(in QueryScales self, in Position row) => new(self._scales.At(row.Batch, row.Head, row.Query, 0));

    /// <inheritdoc/>
    static T IScoreFormula<QueryScales>.Apply<T>(T score, T key, in RowTerms<T> row) => score * row.A;
}
