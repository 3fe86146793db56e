using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Attention.Variants;

/// <summary>Two thousand seeded combinations of mask, modifier, layout, format and shape: three quarters of small integers, whose results
/// are exact on every backend, and the others within the error rule.</summary>
/// <remarks>A failure names the combination's seed and all that was drawn from it. The row's seeds are the same in every run.</remarks>
public class CombinationTests(TestDevices devices) : DeviceTests(devices)
{
    /// <summary>What the managed CPU and OpenCL run.</summary>
    public static IEnumerable<string> OfProcessors => Instantiations.Of(Backend.Cpu).Select(instantiation => instantiation.Name);

    /// <summary>What CUDA runs: fewer, since it may be emulated.</summary>
    public static IEnumerable<string> OfCuda => Instantiations.Of(Backend.Cuda).Select(instantiation => instantiation.Name);

    [Theory, EachBackend(Cases = nameof(OfProcessors), ProcessorsOnly = true)]
    public void Processors_agree_with_the_definition(Backend backend, string instantiation) => Verify(backend, instantiation);

    [Theory, EachBackend(Cases = nameof(OfCuda), CudaOnly = true)]
    public void Cuda_agrees_with_the_definition(Backend backend, string instantiation) => Verify(backend, instantiation);

    [Fact]
    public void There_are_two_thousand_and_three_quarters_are_exact()
    {
        Combination[] all =
        [
            .. from backend in Enum.GetValues<Backend>()
               from instantiation in Instantiations.Of(backend)
               from problem in Instantiations.Problems(backend, instantiation)
               select problem,
        ];

        all.Select(problem => problem.Seed).Should().OnlyHaveUniqueItems().And.HaveCountGreaterThanOrEqualTo(2000);
        all.Count(problem => problem.IsExact).Should().BeGreaterThanOrEqualTo(all.Length * 3 / 4);
    }

    private void Verify(Backend backend, string name)
    {
        Instantiation instantiation = Instantiations.All.Single(each => each.Name == name);
        foreach (Combination problem in Instantiations.Problems(backend, instantiation))
            instantiation.Verify(Device(backend), problem);
    }
}
