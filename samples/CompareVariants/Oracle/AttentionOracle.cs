using System.Numerics;
using System.Numerics.Tensors;

namespace AttentionKernels.Samples.CompareVariants.Oracle;

/// <summary>softmax(Q·Kᵀ/√d)·V by its definition, in any precision, one row of scores after the other.</summary>
internal static class AttentionOracle
{
    /// <summary>Computes the reference.</summary>
    public static Reference Compute(AttentionShape shape, bool causal, float[] query, float[] key, float[] value) => Reference.Of(
        Attend<double>(shape, causal, query, key, value),
        Attend<float>(shape, causal, query, key, value),
        Reference.Magnitude(value));

    /// <summary>Computes attention.</summary>
    /// <typeparam name="T">The type of every intermediate result.</typeparam>
    /// <returns>[batch, queries, heads, headDim].</returns>
    public static T[] Attend<T>(AttentionShape shape, bool causal, float[] query, float[] key, float[] value)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var output = new T[shape.Query.ElementCount];
        Parallel.For(0, shape.Batch * shape.Heads, row =>
            AttendHead(shape, causal, row / shape.Heads, row % shape.Heads, query, key, value, output));
        return output;
    }

    // Vectors run over the keys, then over the elements of a head: many sums go on together, and each keeps its order.
    private static void AttendHead<T>(
        AttentionShape shape, bool causal, int batch, int head, float[] query, float[] key, float[] value, Span<T> output)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        int dimension = shape.HeadDimension;
        var keyColumns = new T[dimension * shape.Keys];
        var valueRows = new T[shape.Keys * dimension];
        for (int token = 0; token < shape.Keys; token++)
        {
            int start = ((batch * shape.Keys + token) * shape.KeyValueHeads + head / (shape.Heads / shape.KeyValueHeads)) * dimension;
            for (int element = 0; element < dimension; element++)
                keyColumns[element * shape.Keys + token] = T.CreateTruncating(key[start + element]);
            TensorPrimitives.ConvertTruncating<float, T>(value.AsSpan(start, dimension), valueRows.AsSpan(token * dimension));
        }

        T scale = T.CreateTruncating((float)(1 / Math.Sqrt(dimension)));
        var scores = new T[shape.Keys];
        for (int token = 0; token < shape.Queries; token++)
        {
            int start = ((batch * shape.Queries + token) * shape.Heads + head) * dimension;
            Span<T> row = scores.AsSpan(0, shape.AllowedKeys(token, causal));
            if (row.IsEmpty)
                continue;
            row.Clear();
            for (int element = 0; element < dimension; element++)
            {
                TensorPrimitives.MultiplyAdd(
                    keyColumns.AsSpan(element * shape.Keys, row.Length), T.CreateTruncating(query[start + element]), row, row);
            }

            TensorPrimitives.Multiply(row, scale, row);
            T sum = Exponentiate(row, TensorPrimitives.Max<T>(row));
            Span<T> result = output.Slice(start, dimension);
            for (int index = 0; index < row.Length; index++)
                TensorPrimitives.MultiplyAdd(valueRows.AsSpan(index * dimension, dimension), row[index], result, result);
            TensorPrimitives.Divide(result, sum, result);
        }
    }

    // Exponents are computed in fp64, so that in fp32 they are correctly rounded.
    private static T Exponentiate<T>(Span<T> row, T maximum)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        T sum = T.Zero;
        foreach (ref T element in row)
        {
            element = T.CreateTruncating(Math.Exp(double.CreateTruncating(element - maximum)));
            sum += element;
        }

        return sum;
    }
}
