using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace AttentionKernels.Tests.Infrastructure;

/// <summary>
/// Does something in a process of its own, for drivers and their environment variables are read once in a process's life. The child is
/// this assembly again, which writes what it found and ends before any test framework starts.
/// </summary>
internal static class ChildProcess
{
    private const string ActionVariable = "ATTENTIONKERNELS_TESTS_ACTION";
    private const string FileVariable = "ATTENTIONKERNELS_TESTS_RESULT";

    private static readonly Dictionary<string, Func<IEnumerable<string>>> _actions = new()
    {
        [nameof(ListDevices)] = () => DeviceCatalog.List().Select(device => device.ToString()),
        [nameof(UsePages)] = AppendAndAttend,
    };

    /// <summary>The lines of the catalog in an environment with these variables.</summary>
    public static string[] ListDevices(params (string Name, string Value)[] variables) => Run(nameof(ListDevices), variables).Lines;

    /// <summary>What is printed when a cache's tokens are appended and attended on OpenCL for the first time, and the output of attention.</summary>
    public static (string[] Lines, string Printed) UsePages(params (string Name, string Value)[] variables) => Run(nameof(UsePages), variables);

    private static (string[] Lines, string Printed) Run(string action, (string Name, string Value)[] variables)
    {
        string file = Path.GetTempFileName();
        try
        {
            string host = Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet");
            var start = new ProcessStartInfo(host, [typeof(ChildProcess).Assembly.Location]) { RedirectStandardOutput = true, RedirectStandardError = true };
            start.Environment[ActionVariable] = action;
            start.Environment[FileVariable] = file;
            foreach ((string name, string value) in variables)
                start.Environment[name] = value;
            using Process process = Process.Start(start)!;
            Task<string> errors = process.StandardError.ReadToEndAsync();
            string printed = process.StandardOutput.ReadToEnd() + errors.GetAwaiter().GetResult();
            process.WaitForExit();
            return process.ExitCode == 0
                ? (File.ReadAllLines(file), printed)
                : throw new InvalidOperationException($"The child ended with {process.ExitCode}: {printed}");
        }
        finally
        {
            File.Delete(file);
        }
    }

    [ModuleInitializer]
    internal static void ActAndExit()
    {
        if (Environment.GetEnvironmentVariable(ActionVariable) is not { Length: > 0 } action)
            return;
        File.WriteAllLines(Environment.GetEnvironmentVariable(FileVariable)!, _actions[action]());
        Environment.Exit(0);
    }

    private static IEnumerable<string> AppendAndAttend()
    {
        using AttentionDevice device = AttentionDevice.Open("opencl");
        using var cache = new PagedKeyValueCache(device, new CacheOptions { Pages = 2, PageSize = 4, KeyValueHeads = 1, HeadDimension = 2 });
        using var table = new BlockTable(cache, 1, 1);
        table.Set(0, [1], 1);
        using Tensor<float> rows = device.Upload([3f, 4f], [1, 1, 2]);
        using Tensor<long> slots = device.Upload([4L], [1]);
        using Tensor<float> output = device.Allocate<float>([1, 1, 2]);
        using PagedAttentionPlan<float> plan = device.PlanPagedAttention(table, 1, 1, new CausalMask());
        cache.Append(rows, rows, slots);
        plan.Run(rows, [1], output);
        return [string.Join(' ', output.ToArray())];
    }
}
