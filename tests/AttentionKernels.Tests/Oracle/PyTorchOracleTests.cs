using AttentionKernels.Oracle.PyTorch;
using AttentionKernels.Tests.Attention.Variants;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Oracle;

/// <summary>The oracle, and central differences of it, agree with PyTorch's results and gradients.</summary>
[Trait("Speed", "Quick")]
public class PyTorchOracleTests
{
    /// <summary>The names of all norms.</summary>
    public static TheoryData<string> Norms => [.. PyTorchCases.Norms.Select(norm => norm.Name)];

    /// <summary>The names of norms with running statistics that are updated.</summary>
    public static TheoryData<string> Trainings =>
        [.. PyTorchCases.Norms.Where(norm => norm.Function == NormFunction.BatchTraining).Select(norm => norm.Name)];

    /// <summary>The names of all attention.</summary>
    public static TheoryData<string> Attention => [.. PyTorchCases.Attention.Select(attention => attention.Name)];

    [Fact]
    public void The_file_has_the_results_of_the_cases_and_no_others()
    {
        var lengths = PyTorchCases.Norms.SelectMany(Lengths).ToDictionary();
        foreach (SdpaCase attention in PyTorchCases.Attention)
            lengths.Add(attention.Name, (int)attention.QueryShape.ElementCount);

        PyTorchData.Results.ToDictionary(result => result.Key, result => result.Value.Length).Should().BeEquivalentTo(lengths);
    }

    [Theory, MemberData(nameof(Norms))]
    public void A_norm_is_that_of_PyTorch(string name)
    {
        NormCase norm = Norm(name);

        PyTorchData.Verify(norm.Compute(norm.Input, norm.Weight, norm.Bias), norm.Output, NormCase.LargestInput);
    }

    [Theory, MemberData(nameof(Trainings))]
    public void Running_statistics_are_those_of_PyTorch(string name)
    {
        NormCase norm = Norm(name);
        (double[] Mean, double[] Variance) running = (ToDoubles(norm.RunningMean), ToDoubles(norm.RunningVariance));
        foreach ((int step, float[] input) in new[] { (1, norm.Input), (2, norm.SecondInput) })
        {
            (double[] mean, double[] variance) = NormalizationOracle.BatchMoments(input, norm.Features, norm.Spatial);
            running = (
                NormalizationOracle.Running(ToFloats(running.Mean), mean, norm.MomentumOf(step)),
                NormalizationOracle.Running(
                    ToFloats(running.Variance), NormalizationOracle.Unbiased(variance, norm.Samples), norm.MomentumOf(step)));
        }

        PyTorchData.Verify(running.Mean, norm.SecondMean, NormCase.LargestInput);
        PyTorchData.Verify(running.Variance, norm.SecondVariance, NormCase.LargestInput);
    }

    [Theory, MemberData(nameof(Norms))]
    public void Gradients_of_PyTorch_are_central_differences(string name)
    {
        NormCase norm = Norm(name);

        Verify(norm.InputGradient, norm.Input, input => norm.Compute(input, norm.Weight, norm.Bias));
        if (norm.Affine)
            Verify(norm.WeightGradient, norm.Weight, weight => norm.Compute(norm.Input, weight, norm.Bias));
        if (norm.HasBias)
            Verify(norm.BiasGradient, norm.Bias, bias => norm.Compute(norm.Input, norm.Weight, bias));

        void Verify(string gradient, float[] point, Func<float[], double[]> function) => PyTorchData.Verify(
            CentralDifferences.Of(point, moved => function(moved).Zip(norm.OutputGradient, (output, factor) => output * factor).Sum()),
            gradient, NormCase.LargestInput);
    }

    [Theory, MemberData(nameof(Attention))]
    public void Attention_is_that_of_PyTorch(string name)
    {
        SdpaCase attention = PyTorchCases.Attention.Single(attention => attention.Name == name);
        float[] mask = attention.Mask;

        double[] output = AttentionOracle.Compute(
            attention.Inputs,
            new MaskBy(at => !attention.Causal || at.Key <= at.Query),
            new ScoreBy((score, at) => mask.Length == 0 ? score : score + mask[attention.MaskIndex(at)])).Output;

        PyTorchData.Verify(output, name, SdpaCase.LargestValue);
    }

    private static NormCase Norm(string name) => PyTorchCases.Norms.Single(norm => norm.Name == name);

    private static IEnumerable<(string Name, int Length)> Lengths(NormCase norm)
    {
        int elements = (int)norm.Shape.ElementCount;
        List<(string, int)> lengths = [(norm.Output, elements), (norm.InputGradient, elements)];
        if (norm.Affine)
            lengths.Add((norm.WeightGradient, norm.Features));
        if (norm.HasBias)
            lengths.Add((norm.BiasGradient, norm.Features));
        if (norm.Function == NormFunction.BatchTraining)
            lengths.AddRange([(norm.SecondMean, norm.Features), (norm.SecondVariance, norm.Features)]);
        return lengths;
    }

    private static double[] ToDoubles(float[] elements) => Array.ConvertAll(elements, element => (double)element);

    private static float[] ToFloats(double[] elements) => Array.ConvertAll(elements, element => (float)element);
}
