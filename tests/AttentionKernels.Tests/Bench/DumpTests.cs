using AttentionKernels.Bench;
using AttentionKernels.Problems;
using AttentionKernels.Tests.Cuda;
using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Bench;

/// <summary>What --dump shows: every kernel of the library, as its driver gets it, beside its source.</summary>
public class DumpTests(TestDevices devices) : DeviceTests(devices)
{
    // What no OpenCL device that is a processor runs: tensor cores, and where there is no schedule to choose, what GPUs run.
    private static readonly string[] _ofGpus =
    [
        "TensorCoreAttention", "TensorCoreDecode", "AppendSimt", "RotaryEmbedding", "BatchNormInference", "ElementwiseSimt",
        "EmbeddingGradientSimt",
    ];

    [Fact]
    public void Every_kernel_of_the_library_is_listed_with_its_source_and_what_its_head_says()
    {
        string[] kernels =
        [
            .. typeof(AttentionDevice).Assembly.GetTypes()
                .Where(type => type.IsValueType && (CudaKernels.Implements(type, typeof(ITileKernel<>))
                    || CudaKernels.Implements(type, typeof(AttentionKernels.Launching.IGroupKernel<>))))
                .Select(CudaKernels.Family).Distinct(),
        ];
        KernelExample.All.Select(example => example.Kernel).Should().BeEquivalentTo(kernels);

        foreach (string kernel in kernels)
        {
            KernelSource source = KernelSource.Find(kernel)!;
            source.Path.Should().StartWith("src/AttentionKernels/").And.EndWith($"/{kernel}.cs");
            string comment = string.Join(' ', source.Comment);
            comment.Should().Contain("Tile", kernel).And.NotContainAny("<para", "<see", "///");
            (comment.Contains("\", 20", StringComparison.Ordinal) == source.Papers.Any(paper => paper.Contains("\", 20", StringComparison.Ordinal)))
                .Should().BeTrue(kernel);
        }

        KernelSource.Find("RowNormSimt")!.Papers.Should().Equal(
            "Ba, Kiros and Hinton, \"Layer normalization\", 2016",
            "Zhang and Sennrich, \"Root mean square layer normalization\", 2019");
        KernelSource.Find("TensorCoreAttention")!.Papers[1].Should().Be("Dao et al., \"Flash-Decoding for long-context inference\", 2023");
        KernelSource.Find("NoSuchKernel").Should().BeNull();
    }

    [Theory, EachBackend(DriversOnly = true)]
    public void A_driver_s_text_of_each_of_its_kernels_is_shown(Backend backend)
    {
        AttentionDevice device = Device(backend);
        bool isProcessor = device.Description.Kind == DeviceKind.OpenClCpu;
        string[] expected =
        [
            .. KernelExample.All.Select(example => example.Kernel).Where(kernel => isProcessor
                ? !_ofGpus.Contains(kernel)
                : !kernel.EndsWith("Vector", StringComparison.Ordinal)),
        ];

        (int shown, string output, string errors) = Show(device, "*", capability: null);

        shown.Should().Be(expected.Length, errors);
        output.Split('\n').Where(line => line.StartsWith("// Source: ", StringComparison.Ordinal))
            .Select(line => Path.GetFileNameWithoutExtension(line.Trim())).Should().Equal(expected);
        output.Should().Contain(backend == Backend.Cuda ? ".visible .entry" : "kernel void");
        errors.Should().Contain($"does not launch {(isProcessor ? "TensorCoreAttention" : "TiledAttentionVector")}: ");
    }

    [Fact]
    public void PTX_is_shown_without_a_CUDA_device_and_machine_code_where_there_is_an_assembler()
    {
        using AttentionDevice device = AttentionDevice.Open(DeviceKind.Cpu);
        DirectoryInfo folder = Directory.CreateTempSubdirectory("dump");
        try
        {
            (int shown, string output, _) = Show(device, "rownormsimt", 80, folder);

            shown.Should().Be(1);
            output.Should().Contain("// RowNormSimt<StoredFp32").And.Contain("Paper: Ba, Kiros").And.Contain(".target sm_80")
                .And.Contain("// Launch: 64 groups of 128 threads").And.Contain("// SASS: ");
            FileInfo[] files = folder.GetFiles("*", SearchOption.AllDirectories);
            files.Select(file => file.Extension).Should().Contain([".ptx", ".json", ".cs"]);
            if (output.Contains("// SASS: Used", StringComparison.Ordinal))
            {
                output.Should().Contain("EXIT");
                files.Should().ContainSingle(file => file.Extension == ".sass");
            }

            Show(device, "SoftmaxVector", 80).Errors.Should().StartWith("cpu:0 does not launch SoftmaxVector: ");
            Show(device, "SoftmaxSimt", null).Errors.Should().Contain("name a compute capability");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("RotaryEmbedding", "RotaryEmbedding")]
    [InlineData("rotary", "RotaryVector RotaryEmbedding")]
    [InlineData("Softmax*", "SoftmaxVector SoftmaxSimt")]
    [InlineData("none", "")]
    public void A_name_is_one_kernel_s_and_a_pattern_that_of_all_that_match(string pattern, string expected)
    {
        var output = new StringWriter();
        new DumpRequest(new Glob(pattern), null).List(output);

        output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')[0])
            .Should().Equal(expected.Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    private static (int Shown, string Output, string Errors) Show(
        AttentionDevice device, string pattern, int? capability, DirectoryInfo? folder = null)
    {
        StringWriter output = new(), errors = new();
        int shown = new DumpRequest(new Glob(pattern), capability).Show([device], DataType.Float32, folder, output, errors);
        return (shown, output.ToString(), errors.ToString());
    }
}
