namespace AttentionKernels;

/// <summary>Where the backward pass of a norm stores the gradients of weight and bias, summed over all rows or samples.</summary>
/// <example>
/// <code>
/// using Tensor&lt;float> input = device.Allocate&lt;float>([16, 64]), outputGradient = device.Allocate&lt;float>(input.Shape);
/// using Tensor&lt;float> inputGradient = device.Allocate&lt;float>(input.Shape);
/// using Tensor&lt;float> weight = device.Allocate&lt;float>([64]), weightGradient = device.Allocate&lt;float>(weight.Shape);
/// using Tensor&lt;float> biasGradient = device.Allocate&lt;float>(weight.Shape);
/// using NormBackwardPlan&lt;float> plan = device.PlanLayerNormBackward(rows: 16, hidden: 64, NumberFormat.Float32);
/// plan.Run(input, weight, outputGradient, inputGradient, new FeatureGradients(weightGradient, biasGradient));
/// </code>
/// </example>
public readonly struct FeatureGradients
{
    /// <summary>Both, or one of them; a default value asks for none.</summary>
    /// <param name="weight">[features], fp32; not computed where <see langword="null"/>.</param>
    /// <param name="bias">[features], fp32; not computed where <see langword="null"/>.</param>
    public FeatureGradients(TensorView<float>? weight, TensorView<float>? bias = null)
    {
        Weight = weight;
        Bias = bias;
    }

    /// <summary>That of the weight, like it.</summary>
    public TensorView<float>? Weight { get; init; }

    /// <summary>That of the bias, like it. RMS norm has none.</summary>
    public TensorView<float>? Bias { get; init; }
}
