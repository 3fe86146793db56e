using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using AttentionKernels.Tests.Attention;
using AttentionKernels.Tests.Cuda.Mutations;

namespace AttentionKernels.Tests.Infrastructure;

/// <summary>
/// Does something in a process of its own, for drivers and their environment variables are read once in a process's life. The child is
/// this assembly again, which writes what it found and ends before any test framework starts.
/// </summary>
internal static class ChildProcess
{
    private const string ActionVariable = "ATTENTIONKERNELS_TESTS_ACTION";
    private const string CaseVariable = "ATTENTIONKERNELS_TESTS_CASE";
    private const string FirstVariable = "ATTENTIONKERNELS_TESTS_FIRST";
    private const string FileVariable = "ATTENTIONKERNELS_TESTS_RESULT";

    private static readonly Dictionary<string, Func<IEnumerable<string>>> _actions = new()
    {
        [nameof(ListDevices)] = () => DeviceCatalog.List().Select(device => device.ToString()),
        [nameof(UsePages)] = AppendAndAttend,
        [nameof(AttendOnCuda)] = VerifyAttention,
        [nameof(RunMutants)] = () => MutationRun.Lines(
            Environment.GetEnvironmentVariable(CaseVariable)!,
            int.Parse(Environment.GetEnvironmentVariable(FirstVariable)!, CultureInfo.InvariantCulture)),
    };

    /// <summary>The lines of the catalog in an environment with these variables.</summary>
    public static string[] ListDevices(params (string Name, string Value)[] variables) => Run(nameof(ListDevices), variables).Lines;

    /// <summary>What is printed when a cache's tokens are appended and attended on OpenCL for the first time, and the output of attention.</summary>
    public static (string[] Lines, string Printed) UsePages(params (string Name, string Value)[] variables) => Run(nameof(UsePages), variables);

    /// <summary>Verifies attention of fp16 on the first CUDA device, and tells how it was planned.</summary>
    public static string[] AttendOnCuda(params (string Name, string Value)[] variables) => Run(nameof(AttendOnCuda), variables).Lines;

    /// <summary>Runs the mutants of a case on the emulated CUDA driver, where a fault fails the launch, and warps run from the last to the
    /// first. See <see cref="MutationRun.Lines"/>; where a mutant ends the process its second line is missing, and it is the last
    /// one.</summary>
    public static string[] RunMutants(string name, int first) => Run(
        nameof(RunMutants),
        [
            (CaseVariable, name), (FirstVariable, first.ToString(CultureInfo.InvariantCulture)),
            ("EMUCUDA_STRICT", "1"), ("EMUCUDA_REVERSE", "1"), ("EMUCUDA_LIMIT", "20000000"), ("EMUCUDA_QUIET", "1"), ("EMUCUDA_LOG", ""),
        ],
        lines => lines.Length % 2 == 1).Lines;

    private static string[] VerifyAttention()
    {
        using AttentionDevice device = AttentionDevice.Open("cuda:0");
        foreach (string attention in (string[])["1x4/2x70x90x72 CausalBottomRight Dense", "1x4/2x1x200x72 CausalBottomRight Dense"])
            AttentionRunner.Verify(device, AttentionCase.Parse(attention), new AttentionOptions(), StoredType.Float16);
        TensorShape shape = [1, 70, 4, 72];
        using AttentionPlan<Half> plan = device.PlanAttention(shape, shape, new CausalMask(), new NoModifier(), NumberFormat.Float16);
        return plan.Explain().Split('\n');
    }

    private static (string[] Lines, string Printed) Run(
        string action, (string Name, string Value)[] variables, Func<string[], bool>? mayDie = null)
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
            string[] lines = File.ReadAllLines(file);
            return process.ExitCode == 0 || mayDie?.Invoke(lines) == true
                ? (lines, printed)
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
        using (var results = new StreamWriter(Environment.GetEnvironmentVariable(FileVariable)!) { AutoFlush = true })
        {
            foreach (string line in _actions[action]())
                results.WriteLine(line);
        }

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
