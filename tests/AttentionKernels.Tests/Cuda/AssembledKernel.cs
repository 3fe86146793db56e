using System.Globalization;
using System.Text.RegularExpressions;

namespace AttentionKernels.Tests.Cuda;

/// <summary>What ptxas made of a kernel, by its report.</summary>
internal sealed partial class AssembledKernel
{
    private readonly Lazy<MachineCode> _code;

    /// <param name="report">The report, as <c>ptxas -v</c> prints it.</param>
    /// <param name="disassemble">The disassembly, for who asks for it.</param>
    public AssembledKernel(string report, Func<string> disassemble)
    {
        Report = report;
        StackAndSpills = [.. Bytes().Matches(report).Select(Number)];
        Registers = RegisterCount().Matches(report).Select(Number).DefaultIfEmpty().Max();
        StaticSharedBytes = SharedBytes().Matches(report).Select(Number).DefaultIfEmpty().Max();
        _code = new(() => new MachineCode(disassemble()));
    }

    /// <summary>The report.</summary>
    public string Report { get; }

    /// <summary>Registers of a thread.</summary>
    public int Registers { get; }

    /// <summary>Shared memory that the kernel declares, in bytes.</summary>
    public int StaticSharedBytes { get; }

    /// <summary>The bytes of stack and of spilled registers of every function: a kernel, and what was not inlined into it.</summary>
    public IReadOnlyList<int> StackAndSpills { get; }

    /// <summary>The machine code.</summary>
    public MachineCode Code => _code.Value;

    private static int Number(Match match) => int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex("([0-9]+) bytes (stack frame|spill stores|spill loads)")]
    private static partial Regex Bytes();

    [GeneratedRegex("Used ([0-9]+) registers")]
    private static partial Regex RegisterCount();

    [GeneratedRegex("([0-9]+) bytes smem")]
    private static partial Regex SharedBytes();
}
