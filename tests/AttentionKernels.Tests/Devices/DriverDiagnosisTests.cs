using System.Runtime.InteropServices;
using AttentionKernels.Devices;
using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Devices;

/// <summary>The catalog tells apart a driver that is absent, one that cannot be loaded, one that does not start and one without devices.</summary>
public sealed class DriverDiagnosisTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("driver").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_library_that_is_absent_has_no_failure()
    {
        NativeLibraries.TryLoad(["libthere-is-none.so.1", Path.Combine(_folder, "none")], out _, out string? failure).Should().BeFalse();

        failure.Should().BeNull();
    }

    [Fact]
    public void A_library_that_cannot_be_loaded_fails_with_what_the_loader_says()
    {
        string file = Broken("library");

        NativeLibraries.TryLoad(["libthere-is-none.so.1", file], out _, out string? failure).Should().BeFalse();

        failure.Should().NotBeNullOrWhiteSpace();
    }

    [Fact]
    public void A_library_that_is_no_CUDA_driver_is_said_to_be_none() =>
        DriverDiagnosis.CudaStart(NativeLibrary.GetMainProgramHandle()).Should().Contain("has no cuInit");

    [Fact]
    public void Drivers_that_cannot_be_loaded_are_listed_with_the_loader_s_reason()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Elsewhere the place of drivers is no matter of a variable.");
        foreach (string name in new[] { "libcuda.so.1", "libcuda.so", "libOpenCL.so.1", "libOpenCL.so" })
            Broken(name);

        string[] lines = CatalogProcess.List(("LD_LIBRARY_PATH", _folder));

        lines.Should().HaveCount(3);
        lines[0].Should().StartWith("cuda:0").And.Contain("is there, but cannot be loaded").And.Contain("libcuda.so.1: ");
        lines[1].Should().StartWith("opencl:0").And.Contain("is there, but cannot be loaded").And.Contain("libOpenCL.so.1: ");
        lines[2].Should().StartWith("cpu:0").And.NotContain("cannot be used");
    }

    [Fact]
    public void Drivers_that_are_not_registered_and_platforms_without_devices_are_told_apart()
    {
        bool isPocl = Backends.Find(Backend.OpenCl)?.Driver.StartsWith("Portable Computing Language", StringComparison.Ordinal) ?? false;
        Assert.SkipUnless(OperatingSystem.IsLinux() && isPocl, "The variables are those of Linux's OpenCL loaders, and of PoCL.");

        Line(CatalogProcess.List(("OCL_ICD_VENDORS", _folder))).Should().Contain("no driver is registered");
        Line(CatalogProcess.List(("POCL_DEVICES", "none"))).Should().Contain("Portable Computing Language has no devices");

        static string Line(string[] lines) => lines.Should().ContainSingle(line => line.StartsWith("opencl:0", StringComparison.Ordinal)).Subject;
    }

    private string Broken(string name)
    {
        string file = Path.Combine(_folder, name);
        File.WriteAllText(file, "no library");
        return file;
    }
}
