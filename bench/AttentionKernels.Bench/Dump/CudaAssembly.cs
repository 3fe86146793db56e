using System.ComponentModel;
using System.Diagnostics;
using System.Text.RegularExpressions;

namespace AttentionKernels.Bench;

/// <summary>NVIDIA's assembler and disassembler, where PATH has them: <c>eng/install-cuda-assembler.sh</c> or a CUDA toolkit puts them
/// there.</summary>
internal static partial class CudaAssembly
{
    /// <summary>The machine code that PTX becomes, for the architecture that it names.</summary>
    /// <returns>The SASS, or why there is none.</returns>
    public static (string? Sass, string Remark) Of(string ptx)
    {
        string folder = Directory.CreateTempSubdirectory("sass").FullName;
        try
        {
            const string Source = "kernel.ptx", Binary = "kernel.cubin";
            File.WriteAllText(Path.Combine(folder, Source), ptx);
            string report = Run(folder, "ptxas", "-v", $"-arch={Target().Match(ptx).Groups[1].Value}", "-o", Binary, Source);
            return (Run(folder, "nvdisasm", "-c", Binary), Registers().Match(report).Value);
        }
        catch (Exception exception) when (exception is Win32Exception or InvalidOperationException)
        {
            return (null, exception.Message.ReplaceLineEndings(" "));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Run(string folder, string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            WorkingDirectory = folder,
        })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string text = process.StandardOutput.ReadToEnd() + errors.GetAwaiter().GetResult();
        process.WaitForExit();
        return process.ExitCode == 0 ? text : throw new InvalidOperationException(text);
    }

    [GeneratedRegex(@"^\.target (sm_\d+)", RegexOptions.Multiline)]
    private static partial Regex Target();

    [GeneratedRegex(@"Used \d+ registers.*")]
    private static partial Regex Registers();
}
