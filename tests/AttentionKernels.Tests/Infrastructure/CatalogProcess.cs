using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace AttentionKernels.Tests.Infrastructure;

/// <summary>
/// Lists the devices in a process of its own, for drivers and their environment variables are read once in a process's life. The child is
/// this assembly again, which writes the catalog and ends before any test framework starts.
/// </summary>
internal static class CatalogProcess
{
    private const string FileVariable = "ATTENTIONKERNELS_TESTS_CATALOG";

    /// <summary>The lines of the catalog in an environment with these variables.</summary>
    public static string[] List(params (string Name, string Value)[] variables)
    {
        string file = Path.GetTempFileName();
        try
        {
            string host = Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet");
            var start = new ProcessStartInfo(host, [typeof(CatalogProcess).Assembly.Location]) { RedirectStandardOutput = true };
            start.Environment[FileVariable] = file;
            foreach ((string name, string value) in variables)
                start.Environment[name] = value;
            using Process process = Process.Start(start)!;
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0
                ? File.ReadAllLines(file)
                : throw new InvalidOperationException($"The child ended with {process.ExitCode}: {output}");
        }
        finally
        {
            File.Delete(file);
        }
    }

    [ModuleInitializer]
    internal static void WriteAndExit()
    {
        if (Environment.GetEnvironmentVariable(FileVariable) is not { Length: > 0 } file)
            return;
        File.WriteAllLines(file, DeviceCatalog.List().Select(device => device.ToString()));
        Environment.Exit(0);
    }
}
