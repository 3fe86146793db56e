using AttentionKernels.CodeGeneration;
using AttentionKernels.Tests.Infrastructure;
using AttentionKernels.Tests.Launching;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Devices;

/// <summary>The environment variable ATTENTIONKERNELS_DUMP. Each test has devices of its own, whose kernels are compiled anew.</summary>
public class KernelDumpTests(TestDevices devices) : DeviceTests(devices)
{
    private const string Kernel = "CountTiles";

    [Theory, EachBackend(DriversOnly = true)]
    public void Every_kernel_is_written_to_a_file(Backend backend)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory();
        try
        {
            // A folder that is not there is made.
            string inner = Path.Combine(folder.FullName, "kernels");

            Load(backend, inner);

            string file = Path.Combine(inner, backend == Backend.Cuda ? $"cuda.{Kernel}.ptx" : $"opencl.{Kernel}.cl");
            Directory.GetFiles(inner).Should().Equal(file);
            File.ReadAllText(file).Should().Contain(backend == Backend.Cuda ? ".entry" : "kernel void");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory, EachBackend(DriversOnly = true)]
    public void A_folder_that_cannot_be_written_is_reported_and_no_other_kernel_suffers(Backend backend)
    {
        string file = Path.GetTempFileName();
        try
        {
            FluentActions.Invoking(() => Load(backend, file)).Should().Throw<KernelCompilationException>()
                .WithMessage($"{Kernel}*The environment variable ATTENTIONKERNELS_DUMP names '{file}', where no kernel can be written: *");

            Load(backend, null);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void The_managed_cpu_has_nothing_to_write()
    {
        string folder = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

        Load(Backend.Cpu, folder);

        Directory.Exists(folder).Should().BeFalse();
    }

    [Fact]
    public void Names_of_kernels_become_names_of_files_of_any_system()
    {
        string end = new('x', 300);
        string[] names = ["Attend<Pages<StoredFp16, StoredInt4>, NoMask>", $"A{end}", $"B{end}", $"A{end}x"];

        string[] files = [.. names.Select(name => KernelDump.FileName("opencl", name, ".cl"))];

        files[0].Should().Be("opencl.Attend(Pages(StoredFp16,StoredInt4),NoMask).cl");
        files.Should().OnlyHaveUniqueItems().And.OnlyContain(file => file.Length < 255);
    }

    private void Load(Backend backend, string? folder)
    {
        using var variable = new EnvironmentVariable(KernelDump.FolderVariable, folder);
        using AttentionDevice device = Device(backend).As(Device(backend).Description);
        device.LoadTileKernel<CountTiles, CountTilesArguments>();
    }
}
