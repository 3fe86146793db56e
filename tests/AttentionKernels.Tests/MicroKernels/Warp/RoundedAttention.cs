using AttentionKernels.Tests.Infrastructure;

namespace AttentionKernels.Tests.MicroKernels.Warp;

/// <summary>N of the error rule where weights and outputs are rounded to 16 bits: a sequential loop in fp32 with these roundings.</summary>
internal static class RoundedAttention
{
    /// <summary>The output [batch, queries, heads, headDim].</summary>
    public static float[] Compute<T>(StoredType<T> type, AttentionInputs inputs, bool isCausal)
        where T : unmanaged
    {
        var output = new float[inputs.OutputLength];
        for (int index = 0; index < inputs.Batch * inputs.Heads * inputs.Queries; index++)
        {
            (int batch, int query) = (index / inputs.Heads / inputs.Queries, index / inputs.Heads % inputs.Queries);
            int head = index % inputs.Heads;
            int keys = isCausal ? Math.Clamp(query + 1 + inputs.Keys - inputs.Queries, 0, inputs.Keys) : inputs.Keys;
            Row(type, inputs, output, inputs.QueryRow(batch, head, query), [.. Enumerable.Range(0, keys).Select(key => inputs.KeyRow(batch, head, key))]);
        }

        return output;
    }

    private static void Row<T>(StoredType<T> type, AttentionInputs inputs, float[] output, int queryRow, int[] keyRows)
        where T : unmanaged
    {
        float scale = (float)(1 / Math.Sqrt(inputs.HeadDimension));
        float[] scores = Array.ConvertAll(keyRows, keyRow =>
        {
            float sum = 0f;
            for (int element = 0; element < inputs.HeadDimension; element++)
                sum += inputs.Query[queryRow + element] * inputs.Key[keyRow + element];
            return sum * scale;
        });
        if (scores.Length == 0)
            return;
        float maximum = scores.Max();
        float[] weights = Array.ConvertAll(scores, score => (float)Math.Exp((double)score - maximum));
        float total = weights.Sum();
        float[] rounded = type.Round(weights);
        var sums = new float[inputs.HeadDimension];
        for (int key = 0; key < keyRows.Length; key++)
        {
            for (int element = 0; element < sums.Length; element++)
                sums[element] += rounded[key] * inputs.Value[keyRows[key] + element];
        }

        type.Round(Array.ConvertAll(sums, sum => sum / total)).CopyTo(output, queryRow);
    }
}
