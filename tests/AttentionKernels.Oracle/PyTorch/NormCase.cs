namespace AttentionKernels.Oracle.PyTorch;

/// <summary>A norm that PyTorch has computed, with its gradients. Inputs are made anew from seeds.</summary>
/// <remarks>They are evenly distributed: such numbers come of IEEE arithmetic alone and have the same bits on every system, while normal
/// ones come of its sines and logarithms.</remarks>
internal sealed record NormCase(NormFunction Function, TensorShape Shape)
{
    /// <summary>The largest that an element of an input may be.</summary>
    public const float LargestInput = 4f;

    /// <summary>The dimension of channels comes last: [batch, spatial, channels].</summary>
    public bool ChannelLast { get; init; }

    /// <summary>With a weight and, save in RMS norm, a bias.</summary>
    public bool Affine { get; init; } = true;

    /// <summary>Groups of channels.</summary>
    public int Groups { get; init; } = 1;

    /// <summary>The momentum of running statistics; <see langword="null"/> for the mean over all steps, PyTorch's
    /// <c>momentum=None</c>.</summary>
    public float? Momentum { get; init; } = 0.1f;

    /// <summary>ε. Where there is no weight it is large enough for its place in the formula to show.</summary>
    public float Epsilon => Affine ? 1e-5f : 1e-1f;

    /// <summary>What names the case in the file and in a test.</summary>
    public string Name => Function switch
    {
        NormFunction.BatchTraining => FormattableString.Invariant($"{Label}, momentum {(object?)Momentum ?? "None"}"),
        NormFunction.Group => $"{Label}, {Groups} groups",
        _ => Label,
    };

    /// <summary>The name of the output.</summary>
    public string Output => $"{Name}: output";

    /// <summary>The name of the running mean after two steps of training.</summary>
    public string SecondMean => $"{Name}: running mean after two steps";

    /// <summary>The name of the running variance after two steps of training.</summary>
    public string SecondVariance => $"{Name}: running variance after two steps";

    /// <summary>The name of the gradient of the input.</summary>
    public string InputGradient => $"{Name}: gradient of input";

    /// <summary>The name of the gradient of the weight.</summary>
    public string WeightGradient => $"{Name}: gradient of weight";

    /// <summary>The name of the gradient of the bias.</summary>
    public string BiasGradient => $"{Name}: gradient of bias";

    /// <summary>Whether there is a bias.</summary>
    public bool HasBias => Affine && Function != NormFunction.Rms;

    /// <summary>The elements of weight and bias: channels, or a row's elements.</summary>
    public int Features => (int)(IsByRow || ChannelLast ? Shape[^1] : Shape[1]);

    /// <summary>The neighbouring elements that share a weight.</summary>
    public int Spatial => IsByRow || ChannelLast ? 1 : (int)(Shape.ElementCount / Shape[0] / Shape[1]);

    /// <summary>The elements that a mean is taken over.</summary>
    public int Samples => (int)(Shape.ElementCount / Features);

    /// <summary>The input; not centered at 0.</summary>
    public float[] Input => RandomData.Uniform(1, Shape.ElementCount, -2f, LargestInput);

    /// <summary>The input of the second step of training.</summary>
    public float[] SecondInput => RandomData.Uniform(2, Shape.ElementCount, -LargestInput, 3f);

    /// <summary>What the output's gradient is.</summary>
    public float[] OutputGradient => RandomData.Uniform(3, Shape.ElementCount, -1f, 1f);

    /// <summary>The weight; ones where there is none.</summary>
    public float[] Weight => Affine ? RandomData.Uniform(4, Features, -1f, 2f) : [.. Enumerable.Repeat(1f, Features)];

    /// <summary>The bias; zeros where there is none.</summary>
    public float[] Bias => HasBias ? RandomData.Uniform(5, Features, -1f, 1f) : new float[Features];

    /// <summary>The running mean before.</summary>
    public float[] RunningMean => RandomData.Uniform(6, Features, -1f, 1f);

    /// <summary>The running variance before.</summary>
    public float[] RunningVariance => RandomData.Uniform(7, Features, 0.5f, 2f);

    private bool IsByRow => Function is NormFunction.Layer or NormFunction.Rms;

    private string Label => $"{Function} {Shape}{(ChannelLast ? ", channels last" : "")}{(Affine ? "" : ", without weight")}";

    /// <summary>The share of the batch in the running statistics after a step; steps count from 1.</summary>
    public float MomentumOf(int step) => Momentum ?? 1f / step;

    /// <summary>The norm in fp64, of any input, weight and bias.</summary>
    public double[] Compute(float[] input, float[] weight, float[] bias)
    {
        switch (Function)
        {
            case NormFunction.Layer:
                return NormalizationOracle.Layer(input, weight, bias, Features, Epsilon);
            case NormFunction.Rms:
                return NormalizationOracle.Rms(input, weight, Features, Epsilon);
            case NormFunction.Group:
                return NormalizationOracle.Group(input, weight, bias, Groups, Spatial, Epsilon);
            case NormFunction.BatchTraining:
                (double[] mean, double[] variance) = NormalizationOracle.BatchMoments(input, Features, Spatial);
                return NormalizationOracle.Batch(input, weight, bias, mean, variance, Epsilon, Spatial);
            default:
                return NormalizationOracle.Batch(input, weight, bias, Exactly(RunningMean), Exactly(RunningVariance), Epsilon, Spatial);
        }
    }

    private static double[] Exactly(float[] elements) => Array.ConvertAll(elements, element => (double)element);
}
