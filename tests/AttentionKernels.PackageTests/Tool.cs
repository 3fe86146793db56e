using System.Diagnostics;

namespace AttentionKernels.PackageTests;

/// <summary>What a program has printed, and how it ended.</summary>
internal sealed record ToolResult(int ExitCode, string Output)
{
    /// <summary>Whether a package could not be fetched, because there is no network or the registry lacks it.</summary>
    public bool LacksPackages => ExitCode != 0 && (Output.Contains("NU1101", StringComparison.Ordinal) || Output.Contains("NU1102", StringComparison.Ordinal)
        || Output.Contains("NU1301", StringComparison.Ordinal));
}

/// <summary>Runs programs and waits for them.</summary>
internal static class Tool
{
    // What a test host hands on of the build that has started it confuses another build.
    private static readonly string[] _variablesOfBuilds = ["MSBuildSDKsPath", "MSBuildExtensionsPath", "MSBUILD_EXE_PATH", "MSBuildLoadMicrosoftTargetsReadOnly"];

    /// <summary>Runs a program in a folder.</summary>
    public static ToolResult Run(string folder, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string name in _variablesOfBuilds)
            start.Environment.Remove(name);
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new ToolResult(process.ExitCode, output + errors.GetAwaiter().GetResult());
    }
}
