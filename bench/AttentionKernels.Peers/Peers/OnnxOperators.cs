using AttentionKernels.Peers.Operations;
using AttentionKernels.Problems;

namespace AttentionKernels.Peers.Peers;

/// <summary>The operators of ONNX Runtime that do the operations.</summary>
internal static class OnnxOperators
{
    /// <summary>Attention in which each head has its own keys and values; they are repeated where heads share them.</summary>
    public static OnnxNode MultiHeadAttention(AttentionOperation operation)
    {
        AttentionShape sizes = operation.Sizes;
        return new OnnxNode("MultiHeadAttention", OnnxNode.Microsoft)
        {
            Inputs =
            [
                new("query", operation.Query, sizes.Batch, sizes.Queries, sizes.Heads * sizes.HeadDimension),
                RepeatedHeadsFirst("key", operation.Key, sizes),
                RepeatedHeadsFirst("value", operation.Value, sizes),
            ],
            Outputs = [OutputOf(sizes)],
            // The one query of a decode step sees every key, so that there is nothing to mask.
            Integers = new Dictionary<string, long>
            {
                ["num_heads"] = sizes.Heads,
                ["unidirectional"] = operation.IsCausal && !operation.IsDecode ? 1 : 0,
            },
        };
    }

    /// <summary>Causal attention over the tokens of a prompt, which become a cache on the way.</summary>
    public static OnnxNode GroupQueryAttention(AttentionOperation operation) => GroupQueryAttention(
        operation,
        new("key", operation.Key, operation.Sizes.Batch, operation.Sizes.Keys,
            operation.Sizes.KeyValueHeads * operation.Sizes.HeadDimension),
        new("value", operation.Value, operation.Sizes.Batch, operation.Sizes.Keys,
            operation.Sizes.KeyValueHeads * operation.Sizes.HeadDimension),
        OnnxInput.None,
        OnnxInput.None);

    /// <summary>Attention of one query a sequence over a cache that the last token is appended to in place.</summary>
    public static OnnxNode GroupQueryAttentionDecode(AttentionOperation operation) => GroupQueryAttention(
        operation,
        LastToken("key", operation.Key, operation.Sizes),
        LastToken("value", operation.Value, operation.Sizes),
        HeadsFirst("past_key", operation.Key, operation.Sizes, operation.Sizes.KeyValueHeads),
        HeadsFirst("past_value", operation.Value, operation.Sizes, operation.Sizes.KeyValueHeads));

    /// <summary>Layer norm.</summary>
    public static OnnxNode LayerNormalization(RowNormOperation operation) =>
        Norm("LayerNormalization", operation, [new("bias", operation.Bias, operation.Hidden)]);

    /// <summary>RMS norm.</summary>
    public static OnnxNode SimplifiedLayerNormalization(RowNormOperation operation) => Norm("SimplifiedLayerNormalization", operation, []);

    /// <summary>Rotary embedding.</summary>
    public static OnnxNode RotaryEmbedding(RotaryOperation operation)
    {
        long hidden = operation.Heads * operation.HeadDimension, pairs = operation.HeadDimension / 2;
        return new OnnxNode("RotaryEmbedding", OnnxNode.Microsoft)
        {
            Inputs =
            [
                new("input", operation.Input, 1, operation.Tokens, hidden),
                new("position_ids", new long[1], 1),
                new("cos_cache", operation.Cosine, operation.Tokens, pairs),
                new("sin_cache", operation.Sine, operation.Tokens, pairs),
            ],
            Outputs = [new("output", 1, operation.Tokens, hidden)],
            Integers = new Dictionary<string, long>
            {
                ["num_heads"] = operation.Heads,
                ["interleaved"] = operation.IsInterleaved ? 1 : 0,
            },
        };
    }

    private static OnnxNode GroupQueryAttention(
        AttentionOperation operation, OnnxInput key, OnnxInput value, OnnxInput pastKey, OnnxInput pastValue)
    {
        AttentionShape sizes = operation.Sizes;
        long[] cache = [sizes.Batch, sizes.KeyValueHeads, sizes.Keys, sizes.HeadDimension];
        int[] lastKeys = new int[sizes.Batch];
        Array.Fill(lastKeys, sizes.Keys - 1);
        return new OnnxNode("GroupQueryAttention", OnnxNode.Microsoft)
        {
            Inputs =
            [
                new("query", operation.Query, sizes.Batch, sizes.Queries, sizes.Heads * sizes.HeadDimension),
                key,
                value,
                pastKey,
                pastValue,
                new("seqlens_k", lastKeys, sizes.Batch),
                new("total_sequence_length", new[] { sizes.Keys }, 1),
            ],
            Outputs =
            [
                OutputOf(sizes),
                new("present_key", cache) { InPlaceOf = NameOf(pastKey) },
                new("present_value", cache) { InPlaceOf = NameOf(pastValue) },
            ],
            Integers = new Dictionary<string, long> { ["num_heads"] = sizes.Heads, ["kv_num_heads"] = sizes.KeyValueHeads },
        };
    }

    private static OnnxNode Norm(string name, RowNormOperation operation, IEnumerable<OnnxInput> bias) => new(name, "")
    {
        Inputs =
        [
            new("input", operation.Input, operation.Rows, operation.Hidden),
            new("weight", operation.Weight, operation.Hidden),
            .. bias,
        ],
        Outputs = [new("output", operation.Rows, operation.Hidden)],
        Floats = new Dictionary<string, float> { ["epsilon"] = RowNormOperation.Epsilon },
    };

    private static string? NameOf(OnnxInput input) => input == OnnxInput.None ? null : input.Name;

    private static OnnxOutput OutputOf(AttentionShape sizes) =>
        new("output", sizes.Batch, sizes.Queries, sizes.Heads * sizes.HeadDimension);

    private static OnnxInput RepeatedHeadsFirst(string name, float[] elements, AttentionShape sizes) => HeadsFirst(
        name, HeadLayout.Repeat(elements, sizes.HeadDimension, sizes.Heads / sizes.KeyValueHeads), sizes, sizes.Heads);

    private static OnnxInput HeadsFirst(string name, float[] elements, AttentionShape sizes, int heads) => new(
        name, HeadLayout.HeadsFirst(elements, sizes.Keys, heads, sizes.HeadDimension), sizes.Batch, heads, sizes.Keys, sizes.HeadDimension);

    private static OnnxInput LastToken(string name, float[] elements, AttentionShape sizes)
    {
        int token = sizes.KeyValueHeads * sizes.HeadDimension;
        var last = new float[sizes.Batch * token];
        for (int sequence = 0; sequence < sizes.Batch; sequence++)
            elements.AsSpan(((sequence + 1) * sizes.Keys - 1) * token, token).CopyTo(last.AsSpan(sequence * token));
        return new OnnxInput(name, last, sizes.Batch, 1, token);
    }
}
