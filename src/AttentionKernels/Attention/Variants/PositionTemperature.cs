using AttentionKernels.Attention.Variants;
using ILGPU;

namespace AttentionKernels;

/// <summary>Multiplies scores by a number for the query's position: score · factors[p], the last query being at the last key; positions
/// outside of the table have its nearest.</summary>
/// <remarks>Llama 4 multiplies by 1 + a · ln(1 + ⌊(p + 1) / n⌋), which keeps attention sharp over long sequences.</remarks>
public readonly struct PositionTemperature : IScoreFormula<PositionTemperature>
{
    private readonly ArrayView<float> _factors;

    /// <summary>Makes a temperature.</summary>
    /// <param name="factors">The factor of each position [positions].</param>
    /// <exception cref="ArgumentException"><paramref name="factors"/> is not of rank 1, empty, or not dense.</exception>
    public PositionTemperature(TensorView<float> factors) =>
        _factors = VariantTable<float>.Dense(factors, 1, "[positions]", nameof(factors));

    /// <inheritdoc/>
    public static int TermCount => 1;

    /// <inheritdoc/>
    public static RowTerms Row(in PositionTemperature self, in Position row) =>
        new(self._factors[Math.Max(0, Math.Min(row.QueryPosition, self._factors.IntLength - 1))]);

    /// <inheritdoc/>
    public static T Apply<T>(T score, T key, in RowTerms<T> row)
        where T : struct, IScoreNumber<T> => score * row.A;
}
