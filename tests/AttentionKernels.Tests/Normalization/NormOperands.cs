using AttentionKernels.Oracle.PyTorch;
using AttentionKernels.Tests.Infrastructure;
using AttentionKernels.Tests.Oracle;

namespace AttentionKernels.Tests.Normalization;

/// <summary>The tensors of a norm that PyTorch has computed, on a device.</summary>
internal sealed class NormOperands(AttentionDevice device, NormCase norm) : IDisposable
{
    /// <summary>The norm.</summary>
    public NormCase Norm => norm;

    /// <summary>The input. Channels that come last are those of as many samples as there are rows.</summary>
    public Tensor<float> Input { get; } = device.Upload(norm.Input, Shape(norm));

    /// <summary>The input of the second step of training.</summary>
    public Tensor<float> SecondInput { get; } = device.Upload(norm.SecondInput, Shape(norm));

    /// <summary>The output.</summary>
    public GuardedTensor<float> Output { get; } = GuardedTensor<float>.Poisoned(device, Shape(norm));

    /// <summary>The gradient of the output.</summary>
    public Tensor<float> OutputGradient { get; } = device.Upload(norm.OutputGradient, Shape(norm));

    /// <summary>The gradient of the input.</summary>
    public GuardedTensor<float> InputGradient { get; } = GuardedTensor<float>.Poisoned(device, Shape(norm));

    /// <summary>The gradient of the weight.</summary>
    public GuardedTensor<float> WeightGradient { get; } = GuardedTensor<float>.Poisoned(device, [norm.Features]);

    /// <summary>The gradient of the bias.</summary>
    public GuardedTensor<float> BiasGradient { get; } = GuardedTensor<float>.Poisoned(device, [norm.Features]);

    /// <summary>The weight; ones where there is none.</summary>
    public Tensor<float> Weight { get; } = device.Upload(norm.Weight, [norm.Features]);

    /// <summary>The bias; zeros where there is none.</summary>
    public Tensor<float> Bias { get; } = device.Upload(norm.Bias, [norm.Features]);

    /// <summary>The running mean.</summary>
    public Tensor<float> RunningMean { get; } = device.Upload(norm.RunningMean, [norm.Features]);

    /// <summary>The running variance.</summary>
    public Tensor<float> RunningVariance { get; } = device.Upload(norm.RunningVariance, [norm.Features]);

    /// <summary>The weight, if there is one.</summary>
    public TensorView<float>? WeightIfAny => norm.Affine ? Weight.View : null;

    /// <summary>The bias, if there is one.</summary>
    public TensorView<float>? BiasIfAny => norm.HasBias ? Bias.View : null;

    /// <summary>The gradients of weight and bias, as far as there are any.</summary>
    public FeatureGradients FeatureGradients => new(norm.Affine ? WeightGradient.View : null, norm.HasBias ? BiasGradient.View : null);

    /// <summary>What batch norm has of each channel.</summary>
    public BatchNormChannels Channels => new(RunningMean, RunningVariance) { Weight = WeightIfAny, Bias = BiasIfAny };

    /// <summary>Fails unless the output is PyTorch's.</summary>
    public void VerifyOutput()
    {
        device.Synchronize();
        Output.Verify();
        PyTorchData.Verify(Output.ToArray(), norm.Output, NormCase.LargestInput);
    }

    /// <summary>Fails unless the gradients are PyTorch's.</summary>
    public void VerifyGradients()
    {
        device.Synchronize();
        Verify(InputGradient, norm.InputGradient);
        if (norm.Affine)
            Verify(WeightGradient, norm.WeightGradient);
        if (norm.HasBias)
            Verify(BiasGradient, norm.BiasGradient);

        static void Verify(GuardedTensor<float> gradient, string name)
        {
            gradient.Verify();
            PyTorchData.Verify(gradient.ToArray(), name, NormCase.LargestInput);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (IDisposable tensor in (IDisposable[])
            [Input, SecondInput, Output, OutputGradient, InputGradient, WeightGradient, BiasGradient, Weight, Bias, RunningMean, RunningVariance])
        {
            tensor.Dispose();
        }
    }

    private static TensorShape Shape(NormCase norm) => norm.ChannelLast ? [norm.Samples, norm.Features] : norm.Shape;
}
