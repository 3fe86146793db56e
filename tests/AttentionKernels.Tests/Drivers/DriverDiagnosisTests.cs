using System.Runtime.InteropServices;
using AttentionKernels.Drivers;
using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Drivers;

/// <summary>The catalog tells apart a driver that is absent, one that cannot be loaded, one that does not start and one without devices.</summary>
[Trait("Speed", "Quick")]
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

        string[] lines = ChildProcess.ListDevices(("LD_LIBRARY_PATH", _folder));

        lines.Should().HaveCount(3);
        lines[0].Should().StartWith("cuda:0").And.Contain("is there, but cannot be loaded").And.Contain("libcuda.so.1: ");
        lines[1].Should().StartWith("opencl:0").And.Contain("is there, but cannot be loaded").And.Contain("libOpenCL.so.1: ");
        lines[2].Should().StartWith("cpu:0").And.NotContain("cannot be used");
    }

    [Fact]
    public void Drivers_that_are_not_registered_and_platforms_without_devices_are_told_apart()
    {
        SkipUnlessPoCl();

        OpenClLine(("OCL_ICD_VENDORS", _folder)).Should().Contain($"no driver is registered with it: {_folder} has no .icd file");
        OpenClLine(("POCL_DEVICES", "none")).Should().Contain("Portable Computing Language has no devices").And.NotContain("compiled kernels");
    }

    [Fact]
    public void Registered_drivers_that_do_not_work_are_listed_with_what_is_wrong_with_each()
    {
        SkipUnlessPoCl();
        string library = Broken("library.so");
        File.WriteAllText(Path.Combine(_folder, "a.icd"), "/nowhere/libnone.so\n");
        File.WriteAllText(Path.Combine(_folder, "b.icd"), library);
        File.WriteAllText(Path.Combine(_folder, "c.icd"), "\n");

        OpenClLine(("OCL_ICD_VENDORS", _folder)).Should()
            .Contain("no driver that is registered with it works")
            .And.Contain("a.icd names /nowhere/libnone.so, which is not there.")
            .And.Contain($"b.icd names {library}, which cannot be loaded: ")
            .And.Contain("c.icd names no library.");
    }

    [Fact]
    public void A_folder_of_compiled_kernels_that_cannot_be_written_is_named_with_the_variable_that_moves_it()
    {
        SkipUnlessPoCl();
        string file = Broken("file");

        OpenClLine(("POCL_CACHE_DIR", "/proc/none/kernels")).Should().Contain("/proc/none/kernels, which cannot be written");
        OpenClLine(("XDG_CACHE_HOME", ""), ("HOME", file)).Should()
            .Contain($"{Path.Combine(file, ".cache", "pocl", "kcache")}, which cannot be written").And.Contain("set POCL_CACHE_DIR to a folder that can be");
    }

    private static void SkipUnlessPoCl()
    {
        bool isPocl = Backends.Find(Backend.OpenCl)?.Driver.StartsWith("Portable Computing Language", StringComparison.Ordinal) ?? false;
        Assert.SkipUnless(OperatingSystem.IsLinux() && isPocl, "The variables are those of Linux's OpenCL loaders, and of PoCL.");
    }

    private static string OpenClLine(params (string Name, string Value)[] variables) =>
        ChildProcess.ListDevices(variables).Should().ContainSingle(line => line.StartsWith("opencl:0", StringComparison.Ordinal)).Subject;

    private string Broken(string name)
    {
        string file = Path.Combine(_folder, name);
        File.WriteAllText(file, "no library");
        return file;
    }
}
