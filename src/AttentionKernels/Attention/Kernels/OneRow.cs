using AttentionKernels.Attention.Work;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

/// <summary>Four numbers of one row.</summary>
internal readonly struct OneRow : IRowTile<OneRow>
{
    private readonly RegisterRow _numbers;

    private OneRow(RegisterRow numbers) => _numbers = numbers;

    public static int Rows => 1;

    public static OneRow MultiplyAdd(OneRow self, ArrayView<RegisterRow> queries, RegisterRow key) =>
        new(self._numbers.MultiplyAdd(queries[0], key));

    public static OneRow Accumulate(OneRow self, ArrayView<RegisterRow> weights, RegisterTile values)
    {
        RegisterRow row = weights[0];
        return new OneRow(self._numbers
            .MultiplyAdd(row.A, values.Row0).MultiplyAdd(row.B, values.Row1)
            .MultiplyAdd(row.C, values.Row2).MultiplyAdd(row.D, values.Row3));
    }

    public static OneRow Weigh(OneRow self, ArrayView<float> scores, ArrayView<float> maxima, ArrayView<float> factors, float scale)
    {
        float weight = Exponential.Exp(scores[0] - maxima[0]);
        scores[0] = weight * scale;
        return new OneRow(new RegisterRow(FusedMultiplyAdd.Fma(self._numbers.A, factors[0], weight), 0f, 0f, 0f));
    }

    public static OneRow Scale(OneRow self, ArrayView<float> factors) => new(self._numbers.Scale(factors[0]));

    public static void StoreSums(OneRow self, ArrayView<float> target) => target[0] = self._numbers.Sum();

    public static void Store(OneRow self, ArrayView<RegisterRow> target) => target[0] = self._numbers;
}

/// <summary>Two tiles, the rows of the second behind those of the first.</summary>
internal readonly struct RowPair<TTile> : IRowTile<RowPair<TTile>>
    where TTile : struct, IRowTile<TTile>
{
    private readonly TTile _upper;
    private readonly TTile _lower;

    private RowPair(TTile upper, TTile lower)
    {
        _upper = upper;
        _lower = lower;
    }

    public static int Rows => 2 * TTile.Rows;

    public static RowPair<TTile> MultiplyAdd(RowPair<TTile> self, ArrayView<RegisterRow> queries, RegisterRow key) => new(
        TTile.MultiplyAdd(self._upper, queries, key),
        TTile.MultiplyAdd(self._lower, queries.SubView(TTile.Rows * TileSizes.SimtDecodeLine / 4), key));

    public static RowPair<TTile> Accumulate(RowPair<TTile> self, ArrayView<RegisterRow> weights, RegisterTile values) => new(
        TTile.Accumulate(self._upper, weights, values),
        TTile.Accumulate(self._lower, weights.SubView(TTile.Rows * TileSizes.SimtDecodeWeightFours), values));

    public static RowPair<TTile> Weigh(
        RowPair<TTile> self, ArrayView<float> scores, ArrayView<float> maxima, ArrayView<float> factors, float scale) => new(
            TTile.Weigh(self._upper, scores, maxima, factors, scale),
            TTile.Weigh(
                self._lower, scores.SubView(TTile.Rows * 4 * TileSizes.SimtDecodeWeightFours), maxima.SubView(TTile.Rows),
                factors.SubView(TTile.Rows), scale));

    public static RowPair<TTile> Scale(RowPair<TTile> self, ArrayView<float> factors) =>
        new(TTile.Scale(self._upper, factors), TTile.Scale(self._lower, factors.SubView(TTile.Rows)));

    public static void StoreSums(RowPair<TTile> self, ArrayView<float> target)
    {
        TTile.StoreSums(self._upper, target);
        TTile.StoreSums(self._lower, target.SubView(TTile.Rows * 4 * TileSizes.SimtDecodeWeightFours));
    }

    public static void Store(RowPair<TTile> self, ArrayView<RegisterRow> target)
    {
        TTile.Store(self._upper, target);
        TTile.Store(self._lower, target.SubView(TTile.Rows * TileSizes.SimtDecodeColumns / 4));
    }
}
