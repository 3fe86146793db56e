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
        (int exitCode, string report, _) = Run(assembler, ptx, 80, disassembles: false);
        return (exitCode, report);
    }

    /// <summary>Assembles PTX for an architecture, which must work, and returns the assembler's report and the machine code, by nvdisasm.</summary>
    public static (string Report, string MachineCode) Disassemble(string assembler, string ptx, int architecture)
    {
        (int exitCode, string report, string machineCode) = Run(assembler, ptx, architecture, disassembles: true);
        return exitCode == 0 ? (report, machineCode) : throw new InvalidOperationException(report);
    }

    private static (int ExitCode, string Report, string MachineCode) Run(string assembler, string ptx, int architecture, bool disassembles)
    {
        string folder = Directory.CreateTempSubdirectory("ptxas").FullName;
        try
        {
            string source = Path.Combine(folder, "kernel.ptx");
            File.WriteAllText(source, ptx);
            string binary = Path.Combine(folder, "kernel.cubin");
            (int exitCode, string report) = Start(
                assembler, "-v", string.Create(CultureInfo.InvariantCulture, $"-arch=sm_{architecture}"), "-o", binary, source);
            return exitCode != 0 || !disassembles
                ? (exitCode, report, "")
                : (exitCode, report, Start(Path.Combine(Path.GetDirectoryName(assembler)!, "nvdisasm"), "-c", binary).Text);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static (int ExitCode, string Text) Start(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, errors + output.Result);
    }

    [GeneratedRegex("([0-9]+) bytes (stack frame|spill stores|spill loads)")]
    private static partial Regex Bytes();
}
