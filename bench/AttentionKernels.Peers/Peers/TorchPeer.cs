using AttentionKernels.Peers.Operations;
using AttentionKernels.Problems;
using TorchSharp;

using static TorchSharp.torch;

namespace AttentionKernels.Peers.Peers;

/// <summary>
/// TorchSharp on the processor. Tensors lie as PyTorch likes them best: attention has dense [batch, heads, tokens, headDim]. TorchSharp
/// has no grouped-query attention, no RMS norm and no rotary embedding: these are composed, with as few passes over memory as there can be.
/// </summary>
internal sealed class TorchPeer : IPeer, IDisposable
{
    private readonly IDisposable? _noGradient;

    /// <summary>Loads the native library, which takes as many threads as asked for.</summary>
    public TorchPeer(int threads)
    {
        Unavailable = NativeLibraryProbe.WhyNot("LibTorchSharp", typeof(torch).Assembly);
        if (Unavailable is not null)
            return;
        set_num_threads(threads);
        _noGradient = no_grad();
    }

    /// <inheritdoc/>
    public string Name => "TorchSharp";

    /// <inheritdoc/>
    public string? Unavailable { get; }

    /// <inheritdoc/>
    public IEnumerable<Way> Ways(IOperation operation) => operation switch
    {
        AttentionOperation { IsGrouped: false } attention => [new("scaled_dot_product_attention", () => Attention(attention))],
        AttentionOperation { IsDecode: true } attention =>
        [
            new("scaled_dot_product_attention, heads of a head group as queries of one head", () => GroupsAsQueries(attention)),
            new("scaled_dot_product_attention, kv heads repeated beforehand", () => Attention(attention)),
        ],
        AttentionOperation attention => [new("scaled_dot_product_attention, kv heads repeated beforehand", () => Attention(attention))],
        RowNormOperation { IsCentered: true } norm => [new("layer_norm", () => LayerNorm(norm))],
        RowNormOperation norm => [new("composed: vector_norm, rsqrt, mul, mul_", () => RmsNorm(norm))],
        RotaryOperation { IsInterleaved: true } rotary => [new("composed: mul of complex numbers", () => InterleavedRotary(rotary))],
        RotaryOperation rotary => [new("composed: mul, addcmul_, addcmul_", () => HalfSplitRotary(rotary))],
        _ => [],
    };

    /// <summary>The product of two square matrices.</summary>
    public static PreparedRun MatrixProduct(int size, float[] elements)
    {
        var run = new TorchRun();
        Tensor left = run.Upload(elements, size, size), right = run.Upload(elements, size, size);
        run.Add(() => left.matmul(right));
        return run;
    }

    /// <inheritdoc/>
    public void Dispose() => _noGradient?.Dispose();

    private static TorchRun Attention(AttentionOperation operation)
    {
        AttentionShape sizes = operation.Sizes;
        int headGroup = sizes.Heads / sizes.KeyValueHeads;
        // PyTorch aligns a causal mask at the first query and key: the query of a decode step would see one key.
        bool causal = operation.IsCausal && !operation.IsDecode;
        var run = new TorchRun(result => result.transpose(1, 2));
        for (int copy = 0; copy < ((IOperation)operation).Copies; copy++)
        {
            Tensor query = run.UploadHeadsFirst(operation.Query, sizes.Batch, sizes.Queries, sizes.Heads, sizes.HeadDimension);
            Tensor key = UploadRepeated(run, operation.Key, sizes, headGroup);
            Tensor value = UploadRepeated(run, operation.Value, sizes, headGroup);
            run.Add(() => nn.functional.scaled_dot_product_attention(query, key, value, is_casual: causal));
        }

        return run;
    }

    private static Tensor UploadRepeated(TorchRun run, float[] elements, AttentionShape sizes, int headGroup) => run.UploadHeadsFirst(
        HeadLayout.Repeat(elements, sizes.HeadDimension, headGroup), sizes.Batch, sizes.Keys, sizes.Heads, sizes.HeadDimension);

    // With one query a sequence there is nothing to mask, so heads that share a kv head can pass for queries that share a head.
    private static TorchRun GroupsAsQueries(AttentionOperation operation)
    {
        AttentionShape sizes = operation.Sizes;
        var run = new TorchRun(result => result);
        for (int copy = 0; copy < ((IOperation)operation).Copies; copy++)
        {
            Tensor query = run.Upload(
                operation.Query, sizes.Batch, sizes.KeyValueHeads, sizes.Heads / sizes.KeyValueHeads, sizes.HeadDimension);
            Tensor key = run.UploadHeadsFirst(operation.Key, [.. sizes.Key]), value = run.UploadHeadsFirst(operation.Value, [.. sizes.Key]);
            run.Add(() => nn.functional.scaled_dot_product_attention(query, key, value));
        }

        return run;
    }

    private static TorchRun LayerNorm(RowNormOperation operation)
    {
        var run = new TorchRun(result => result);
        Tensor weight = run.Upload(operation.Weight, operation.Hidden), bias = run.Upload(operation.Bias, operation.Hidden);
        for (int copy = 0; copy < ((IOperation)operation).Copies; copy++)
        {
            Tensor input = run.Upload(operation.Input, operation.Rows, operation.Hidden);
            run.Add(() => nn.functional.layer_norm(input, [operation.Hidden], weight, bias, RowNormOperation.Epsilon));
        }

        return run;
    }

    private static TorchRun RmsNorm(RowNormOperation operation)
    {
        var run = new TorchRun(result => result);
        Tensor weight = run.Upload(operation.Weight, operation.Hidden);
        for (int copy = 0; copy < ((IOperation)operation).Copies; copy++)
        {
            Tensor input = run.Upload(operation.Input, operation.Rows, operation.Hidden);
            run.Add(() =>
            {
                Tensor squares = linalg.vector_norm(input, 2, [-1], keepdim: true).square();
                return input.mul(squares.div(operation.Hidden).add(RowNormOperation.Epsilon).rsqrt()).mul_(weight);
            });
        }

        return run;
    }

    private static TorchRun InterleavedRotary(RotaryOperation operation)
    {
        long pairs = operation.HeadDimension / 2;
        var run = new TorchRun(result => result.view_as_real());
        Tensor angles = run.UploadComplex(operation.Cosine, operation.Sine, operation.Tokens, 1, pairs);
        for (int copy = 0; copy < ((IOperation)operation).Copies; copy++)
        {
            Tensor input = run.Upload(operation.Input, operation.Tokens, operation.Heads, pairs, 2);
            run.Add(() => input.view_as_complex().mul(angles));
        }

        return run;
    }

    private static TorchRun HalfSplitRotary(RotaryOperation operation)
    {
        long pairs = operation.HeadDimension / 2;
        var run = new TorchRun(result => result);
        Tensor cosine = run.Upload(operation.Cosine, operation.Tokens, 1, 1, pairs);
        Tensor sine = run.Upload(operation.Sine, operation.Tokens, 1, pairs);
        for (int copy = 0; copy < ((IOperation)operation).Copies; copy++)
        {
            Tensor input = run.Upload(operation.Input, operation.Tokens, operation.Heads, 2, pairs);
            run.Add(() =>
            {
                Tensor output = input.mul(cosine);
                output.select(2, 0).addcmul_(input.select(2, 1), sine, -1);
                output.select(2, 1).addcmul_(input.select(2, 0), sine, 1);
                return output;
            });
        }

        return run;
    }
}
