using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace AttentionKernels.Tests.Cuda;

/// <summary>NVIDIA's assembler, where eng/install-cuda-assembler.sh or a CUDA toolkit has put it.</summary>
internal static partial class CudaAssembler
{
    /// <summary>The path of ptxas: on the PATH, or where eng/install-cuda-assembler.sh unpacks it; <see langword="null"/> where there is none.</summary>
    public static string? Find()
    {
        string cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } configured
            ? configured
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        IEnumerable<string> folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Append(Path.Combine(cache, "cuda-assembler", "usr", "bin"));
        return folders.Where(folder => folder.Length > 0).Select(folder => Path.Combine(folder, "ptxas")).FirstOrDefault(File.Exists);
    }

    /// <summary>The bytes of stack and of spilled registers of every function in a report: a kernel, and what was not inlined into it.</summary>
    public static IEnumerable<int> StackAndSpills(string report) =>
        Bytes().Matches(report).Select(match => int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture));

    /// <summary>Assembles PTX for sm_80 and returns the assembler's exit code and report.</summary>
    public static (int ExitCode, string Report) Assemble(string assembler, string ptx)
    {
        string folder = Directory.CreateTempSubdirectory("ptxas").FullName;
        try
        {
            string source = Path.Combine(folder, "kernel.ptx");
            File.WriteAllText(source, ptx);
            using Process process = Process.Start(new ProcessStartInfo(assembler, ["-v", "-arch=sm_80", "-o", Path.Combine(folder, "kernel.cubin"), source])
            {
                RedirectStandardError = true,
                RedirectStandardOutput = true,
            })!;
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            string report = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, report + output.Result);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [GeneratedRegex("([0-9]+) bytes (stack frame|spill stores|spill loads)")]
    private static partial Regex Bytes();
}
