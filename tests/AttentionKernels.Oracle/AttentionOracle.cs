using System.Numerics;
using System.Numerics.Tensors;

namespace AttentionKernels.Oracle;

/// <summary>
/// Attention by its definition, softmax(Q·Kᵀ·scale)·V, on the stored fp32 inputs: every sum in the order of its terms, every product and sum
/// rounded. Masked keys and scores of −∞ take no part, not even by a NaN; a row without any key gives output 0 and log-sum-exp −∞.
/// </summary>
internal static class AttentionOracle
{
    /// <summary>R of the error rule: everything in fp64.</summary>
    /// <returns>The output [batch, queries, heads, headDim] and the log-sum-exp [batch, heads, queries].</returns>
    /// <remarks>A score modifier works in fp32 by its contract: the score is rounded for it, and for it alone.</remarks>
    public static (double[] Output, double[] LogSumExp) Compute<TMask, TModifier>(AttentionInputs inputs, TMask mask, TModifier modifier)
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier> =>
        Run<double, TMask, TModifier>(inputs, mask, modifier);

    /// <summary>
    /// N of the error rule: a plain sequential loop in fp32 with correctly rounded exponents. It says how exact fp32 is on the given inputs.
    /// </summary>
    /// <returns>The output [batch, queries, heads, headDim].</returns>
    public static float[] Sequential<TMask, TModifier>(
        AttentionInputs inputs, TMask mask, TModifier modifier, Func<float, float>? roundWeight = null)
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier> =>
        Run<float, TMask, TModifier>(inputs, mask, modifier, roundWeight).Output;

    /// <summary>R and N of some rows alone, where nobody has the time for all of them.</summary>
    /// <param name="inputs">The problem.</param>
    /// <param name="mask">The mask.</param>
    /// <param name="modifier">The score modifier.</param>
    /// <param name="rows">Which rows, and what is particular about them.</param>
    /// <returns>[rows, headDim] each.</returns>
    public static (double[] Output, float[] Sequential) ComputeRows<TMask, TModifier>(
        AttentionInputs inputs, TMask mask, TModifier modifier, OracleRows rows)
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier> => (
            RunRows<double, TMask, TModifier>(inputs, mask, modifier, rows with { RoundWeight = null }),
            RunRows<float, TMask, TModifier>(inputs, mask, modifier, rows));

    private static T[] RunRows<T, TMask, TModifier>(AttentionInputs inputs, TMask mask, TModifier modifier, OracleRows rows)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier>
    {
        var output = new T[rows.Places.Count * inputs.HeadDimension];
        Parallel.For(0, rows.Places.Count, index =>
        {
            (int batch, int head, int query) = rows.Places[index];
            var operands = new Head<T>(inputs, batch, head);
            var scores = new T[inputs.Keys];
            Span<T> row = output.AsSpan(index * inputs.HeadDimension, inputs.HeadDimension);
            operands.Score(scores, inputs, mask, modifier, new Position(batch, head, query, 0, inputs.Queries, inputs.Keys));
            T logSumExp = operands.Attend(scores, row, rows.RoundWeight);

            // One more score, of a key whose value is 0: e^lse of e^lse + e^sink is left.
            if (rows.Sink is { } sink)
                TensorPrimitives.Multiply(row, T.CreateTruncating(1 / (1 + Math.Exp(sink(head) - double.CreateTruncating(logSumExp)))), row);
        });
        return output;
    }

    private static (T[] Output, T[] LogSumExp) Run<T, TMask, TModifier>(
        AttentionInputs inputs, TMask mask, TModifier modifier, Func<float, float>? roundWeight = null)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier>
    {
        var output = new T[inputs.OutputLength];
        var logSumExp = new T[inputs.Batch * inputs.Heads * inputs.Queries];
        Parallel.For(0, inputs.Batch * inputs.Heads, index =>
        {
            (int batch, int head) = Math.DivRem(index, inputs.Heads);
            var operands = new Head<T>(inputs, batch, head);
            var scores = new T[inputs.Keys];
            for (int query = 0; query < inputs.Queries; query++)
            {
                operands.Score(scores, inputs, mask, modifier, new Position(batch, head, query, 0, inputs.Queries, inputs.Keys));
                logSumExp[inputs.StateIndex(batch, head, query)] =
                    operands.Attend(scores, output.AsSpan(inputs.QueryRow(batch, head, query), inputs.HeadDimension), roundWeight);
            }
        });
        return (output, logSumExp);
    }

    /// <summary>
    /// Keys and values of a head. Vectors run over the keys, then over the elements of a head: many sums go on at once, each in its order.
    /// </summary>
    private readonly struct Head<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        private readonly int _keys;
        private readonly int _dimension;

        // [headDim, keys] and [keys, headDim].
        private readonly T[] _keyColumns;
        private readonly T[] _valueRows;

        private readonly float[]? _weightFactors;

        public Head(AttentionInputs inputs, int batch, int head)
        {
            (_keys, _dimension) = (inputs.Keys, inputs.HeadDimension);
            _keyColumns = new T[_dimension * _keys];
            _valueRows = new T[_keys * _dimension];
            _weightFactors = inputs.WeightFactors is { } factors
                ? [.. Enumerable.Range(0, _keys).Select(key => factors[inputs.KeyRow(batch, head, key) / inputs.HeadDimension])]
                : null;
            for (int key = 0; key < _keys; key++)
            {
                int row = inputs.KeyRow(batch, head, key);
                for (int element = 0; element < _dimension; element++)
                    _keyColumns[(element * _keys) + key] = T.CreateTruncating(inputs.Key[row + element]);
                TensorPrimitives.ConvertTruncating<float, T>(inputs.Value.AsSpan(row, _dimension), _valueRows.AsSpan(key * _dimension));
            }
        }

        // The scores of a row; −∞ where masked.
        public void Score<TMask, TModifier>(Span<T> scores, AttentionInputs inputs, TMask mask, TModifier modifier, Position row)
            where TMask : struct, IMask<TMask>
            where TModifier : struct, IScoreModifier<TModifier>
        {
            scores.Clear();
            ReadOnlySpan<float> query = inputs.Query.AsSpan(inputs.QueryRow(row.Batch, row.Head, row.Query), _dimension);
            for (int element = 0; element < _dimension; element++)
                TensorPrimitives.MultiplyAdd(_keyColumns.AsSpan(element * _keys, _keys), T.CreateTruncating(query[element]), scores, scores);
            TensorPrimitives.Multiply(scores, T.CreateTruncating(inputs.Scale ?? (float)(1 / Math.Sqrt(_dimension))), scores);
            for (int key = 0; key < _keys; key++)
            {
                var at = new Position(inputs.FirstSequence + row.Batch, row.Head, row.Query, key, row.QueryLength, row.KeyLength);
                if (!TMask.Allows(mask, at))
                    scores[key] = T.NegativeInfinity;
                else if (typeof(TModifier) != typeof(NoModifier))
                    scores[key] = T.CreateTruncating(TModifier.Apply(modifier, float.CreateTruncating(scores[key]), at));
            }
        }

        // softmax(scores)·V, and the log-sum-exp. Exponents are computed in fp64, so that in fp32 they are correctly rounded.
        public T Attend(ReadOnlySpan<T> scores, Span<T> output, Func<float, float>? roundWeight)
        {
            T maximum = scores.IsEmpty ? T.NegativeInfinity : TensorPrimitives.Max(scores);
            if (T.IsNegativeInfinity(maximum))
                return T.NegativeInfinity;

            T sum = T.Zero;
            for (int key = 0; key < _keys; key++)
            {
                if (T.IsNegativeInfinity(scores[key]))
                    continue;
                T weight = T.CreateTruncating(Math.Exp(double.CreateTruncating(scores[key] - maximum)));
                sum += weight;
                if (roundWeight is not null)
                {
                    float factor = _weightFactors?[key] ?? 1f;
                    weight = T.CreateTruncating(roundWeight(float.CreateTruncating(weight) * factor) / factor);
                }

                TensorPrimitives.MultiplyAdd(_valueRows.AsSpan(key * _dimension, _dimension), weight, output, output);
            }

            TensorPrimitives.Divide(output, sum, output);
            return maximum + T.CreateTruncating(Math.Log(double.CreateTruncating(sum)));
        }
    }
}
