using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Launching;

/// <summary>
/// What PoCL compiles, and when: the libraries that it has made of kernels, which it maps into the process.
/// </summary>
public class FirstLaunchTests
{
    private static readonly TensorShape _shape = [1, 3, 2, 8];

    [Fact]
    public void All_is_compiled_when_a_plan_is_made()
    {
        using AttentionDevice device = OpenPoCl();
        HashSet<string> before = CompiledKernels();

        using AttentionPlan<float> plan = device.PlanAttention(_shape, _shape, new FirstLaunchMask());
        HashSet<string> planned = CompiledKernels();
        Run(device, plan);

        planned.Should().HaveCountGreaterThan(before.Count);
        CompiledKernels().Should().BeEquivalentTo(planned);
    }

    [Fact]
    public void A_device_that_is_opened_again_compiles_nothing_new()
    {
        Use();
        HashSet<string> first = CompiledKernels();
        Use();

        CompiledKernels().Should().BeEquivalentTo(first);

        static void Use()
        {
            using AttentionDevice device = OpenPoCl();
            using AttentionPlan<float> plan = device.PlanAttention(_shape, _shape, new NoMask());
            Run(device, plan);
        }
    }

    [Fact]
    public void Compiling_prints_nothing()
    {
        Assert.SkipUnless(Backends.IsWanted(Backend.OpenCl), Backends.Absence(Backend.OpenCl));
        DirectoryInfo cache = Directory.CreateTempSubdirectory("kernels");
        try
        {
            (string[] lines, string printed) = ChildProcess.UsePages(("POCL_CACHE_DIR", cache.FullName));

            printed.Should().BeEmpty();
            lines.Should().Equal("3 4");
        }
        finally
        {
            cache.Delete(recursive: true);
        }
    }

    private static void Run(AttentionDevice device, AttentionPlan<float> plan)
    {
        using Tensor<float> input = device.Upload(new float[_shape.ElementCount], _shape);
        using Tensor<float> output = device.Allocate<float>(_shape);
        plan.Run(input, input, input, output);
        device.Synchronize();
    }

    private static AttentionDevice OpenPoCl()
    {
        DeviceDescription? device = Backends.Find(Backend.OpenCl);
        Assert.SkipUnless(device is not null, Backends.Absence(Backend.OpenCl));
        AttentionDevice opened = AttentionDevice.Open(device!.Selector);
        using Tensor<float> any = opened.Upload([1f], [1, 1]);
        using Tensor<float> result = opened.Allocate<float>([1, 1]);
        opened.RmsNorm(any, any.View.Reshape([1]), result);
        opened.Synchronize();
        Assert.SkipUnless(CompiledKernels().Count > 0, $"{device.Name} does not map what it has compiled; only PoCL is known to.");
        return opened;
    }

    private static HashSet<string> CompiledKernels() => !OperatingSystem.IsLinux() ? []
        : [.. File.ReadLines("/proc/self/maps").Where(line => line.Contains("/kcache/", StringComparison.Ordinal)).Select(line => line[line.IndexOf('/')..])];

    /// <summary>A mask of this test alone, so that no other one has compiled its kernel.</summary>
    public readonly struct FirstLaunchMask : IMask<FirstLaunchMask>
    {
        /// <inheritdoc/>
        public static bool Allows(in FirstLaunchMask self, in Position at) => at.Key != 12345;
    }
}
