using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Cuda;

/// <summary>Every CUDA kernel compiles for sm_80 and assembles without spilled registers or a stack.</summary>
public class AssemblerGateTests
{
    public static TheoryData<string> Kernels => [.. CudaKernels.All().Select(kernel => kernel.Name)];

    [Theory, MemberData(nameof(Kernels))]
    public void Kernel_compiles_to_PTX(string kernel)
    {
        string ptx = OfflineCompiler.Compile(CudaKernels.All().Single(candidate => candidate.Name == kernel).Entry);

        ptx.Should().Contain(".entry").And.Contain(".target sm_80");
    }

    [Theory, MemberData(nameof(Kernels))]
    public void Kernel_assembles_without_spills(string kernel)
    {
        string? assembler = CudaAssembler.Find();
        Assert.SkipWhen(assembler is null, "ptxas was not found; eng/install-cuda-assembler.sh unpacks it.");

        string ptx = OfflineCompiler.Compile(CudaKernels.All().Single(candidate => candidate.Name == kernel).Entry);
        (int exitCode, string report) = CudaAssembler.Assemble(assembler!, ptx);

        exitCode.Should().Be(0, report);
        CudaAssembler.StackAndSpills(report).Should().NotBeEmpty().And.OnlyContain(bytes => bytes == 0, report);
    }

    [Fact]
    public void Every_function_of_a_report_counts()
    {
        const string Report = """
            ptxas info    : Function properties for Kernel
                0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
            ptxas info    : Function properties for helper
                16 bytes stack frame, 4 bytes spill stores, 8 bytes spill loads
            """;

        CudaAssembler.StackAndSpills(Report).Should().Equal(0, 0, 0, 16, 4, 8);
    }
}
