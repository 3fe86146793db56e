using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace AttentionKernels.Tests.Cuda;

/// <summary>NVIDIA's assembler, where eng/install-cuda-assembler.sh or a CUDA toolkit has put it.</summary>
internal static class CudaAssembler
{
    private static readonly Lazy<string?> _path = new(Find);

    /// <summary>Skips the test where there is no assembler.</summary>
    public static void SkipWithout() => Assert.SkipWhen(_path.Value is null, "ptxas was not found; eng/install-cuda-assembler.sh unpacks it.");

    /// <summary>Assembles PTX for an architecture, which must work.</summary>
    /// <param name="ptx">The text.</param>
    /// <param name="architecture">The architecture.</param>
    public static AssembledKernel Assemble(string ptx, int architecture)
    {
        (string report, byte[] binary) = In(folder =>
        {
            string source = Path.Combine(folder, "kernel.ptx");
            File.WriteAllText(source, ptx);
            string binary = Path.Combine(folder, "kernel.cubin");
            string report = Start(_path.Value!, "-v", string.Create(CultureInfo.InvariantCulture, $"-arch=sm_{architecture}"), "-o", binary, source);
            return (report, File.ReadAllBytes(binary));
        });
        return new AssembledKernel(report, () => Disassemble(binary));
    }

    private static string Disassemble(byte[] kernel) => In(folder =>
    {
        string binary = Path.Combine(folder, "kernel.cubin");
        File.WriteAllBytes(binary, kernel);
        return Start(Path.Combine(Path.GetDirectoryName(_path.Value!)!, "nvdisasm"), "-c", binary);
    });

    // On the PATH, or where eng/install-cuda-assembler.sh unpacks it.
    private static string? Find()
    {
        string cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } configured
            ? configured
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        IEnumerable<string> folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Append(Path.Combine(cache, "cuda-assembler", "usr", "bin"));
        return folders.Where(folder => folder.Length > 0).Select(folder => Path.Combine(folder, "ptxas")).FirstOrDefault(File.Exists);
    }

    private static T In<T>(Func<string, T> use)
    {
        string folder = Directory.CreateTempSubdirectory("ptxas").FullName;
        try
        {
            return use(folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Start(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string text = process.StandardOutput.ReadToEnd() + errors.GetAwaiter().GetResult();
        process.WaitForExit();
        return process.ExitCode == 0 ? text : throw new InvalidOperationException(text);
    }
}
