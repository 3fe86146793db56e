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
        report.Should().Contain("0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads");
    }
}
