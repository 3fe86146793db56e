using AttentionKernels.Oracle.PyTorch;
using TorchSharp;

using static TorchSharp.torch;

namespace AttentionKernels.Peers.Recording;

/// <summary>Norms and, by autograd, their gradients by PyTorch, for tests to compare with.</summary>
internal static class TorchNorms
{
    /// <summary>Computes a case.</summary>
    /// <returns>Names and elements of its results.</returns>
    public static IReadOnlyList<(string Name, float[] Elements)> Compute(NormCase norm)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor input = Leaf(norm.Input, norm.Shape);
        Tensor? weight = norm.Affine ? Leaf(norm.Weight, [norm.Features]) : null;
        Tensor? bias = norm.HasBias ? Leaf(norm.Bias, [norm.Features]) : null;
        Tensor mean = tensor(norm.RunningMean), variance = tensor(norm.RunningVariance);
        Tensor output = Apply(norm, input, (weight, bias), (mean, variance), step: 1);
        output.backward([tensor(norm.OutputGradient, [.. norm.Shape])]);

        List<(string, float[])> results = [(norm.Output, Elements(output)), (norm.InputGradient, Gradient(input))];
        if (weight is not null)
            results.Add((norm.WeightGradient, Gradient(weight)));
        if (bias is not null)
            results.Add((norm.BiasGradient, Gradient(bias)));
        if (norm.Function == NormFunction.BatchTraining)
        {
            Apply(norm, tensor(norm.SecondInput, [.. norm.Shape]), (weight, bias), (mean, variance), step: 2);
            results.AddRange([(norm.SecondMean, Elements(mean)), (norm.SecondVariance, Elements(variance))]);
        }

        return results;
    }

    private static Tensor Apply(
        NormCase norm, Tensor input, (Tensor? Weight, Tensor? Bias) affine, (Tensor Mean, Tensor Variance) running, int step)
    {
        switch (norm.Function)
        {
            case NormFunction.Layer:
                return nn.functional.layer_norm(input, [norm.Features], affine.Weight, affine.Bias, norm.Epsilon);
            case NormFunction.Rms:
                return Rms(input, affine.Weight, norm.Epsilon);
            case NormFunction.Group:
                return nn.functional.group_norm(input, norm.Groups, affine.Weight, affine.Bias, norm.Epsilon);
            default:
                Tensor channels = norm.ChannelLast ? input.transpose(1, 2) : input;
                Tensor output = nn.functional.batch_norm(
                    channels, running.Mean, running.Variance, affine.Weight, affine.Bias, norm.Function == NormFunction.BatchTraining,
                    norm.MomentumOf(step), norm.Epsilon);
                return norm.ChannelLast ? output.transpose(1, 2) : output;
        }
    }

    // TorchSharp has none: the definition in fp64, rounded once.
    private static Tensor Rms(Tensor input, Tensor? weight, float epsilon)
    {
        Tensor exact = input.to_type(ScalarType.Float64);
        Tensor normalized = exact.mul(exact.square().mean([-1], keepdim: true).add(epsilon).rsqrt());
        return (weight is null ? normalized : normalized.mul(weight.to_type(ScalarType.Float64))).to_type(ScalarType.Float32);
    }

    private static Tensor Leaf(float[] elements, TensorShape shape) => tensor(elements, [.. shape], requires_grad: true);

    private static float[] Gradient(Tensor leaf) => Elements(leaf.grad!);

    private static float[] Elements(Tensor result) => result.detach().contiguous().data<float>().ToArray();
}
