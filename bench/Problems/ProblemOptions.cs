using System.CommandLine;
using AttentionKernels.Samples.Arguments;

namespace AttentionKernels.Problems;

/// <summary>The options of command lines that measure: devices, types, shapes, and which rows.</summary>
internal static class ProblemOptions
{
    /// <summary><c>--device</c>: lists for <see cref="DeviceList.Parse"/>.</summary>
    public static Option<string[]> Devices()
    {
        Option<string[]> device = new("--device")
        {
            Description = "Devices, separated by commas: cpu, opencl:0, cuda, an index or a name; or all, as without it.",
            HelpName = "list",
            DefaultValueFactory = _ => [],
        };
        CommandLine.RefuseBlankDevices(device);
        return device;
    }

    /// <summary><c>--dtype</c>.</summary>
    public static Option<DataType[]> Types() => CommandLine.Parsed(
        "--dtype", "list", "How numbers are stored, separated by commas: " + string.Join(", ", DataType.All) + ".",
        text => text.Split(',').Select(name => DataType.Find(name.Trim())));

    /// <summary><c>--shape</c>.</summary>
    public static Option<AttentionShape[]> Shapes() => CommandLine.Parsed(
        "--shape", "sizes", "A shape instead of the suite's, such as \"heads=32/8 queries=1 keys=4096 dim=128 batch=8 mask=window:256\"; "
        + "masks are full, causal, window:N, chunked:N; common=N tokens are the same in all sequences; repeatable.",
        text => (AttentionShape[])[AttentionShape.Parse(text)]);

    /// <summary><c>--filter</c>.</summary>
    /// <param name="description">What it leaves, in a clause.</param>
    public static Option<Glob[]> Filters(string description) => CommandLine.Parsed(
        "--filter", "pattern", description + "; '*' and '?' as in names of files; repeatable.", text => (Glob[])[new(text)]);
}
