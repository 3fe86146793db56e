using System.Globalization;
using System.Text.RegularExpressions;

namespace AttentionKernels.Tests.Cuda;

/// <summary>A kernel's machine code as nvdisasm prints it: its instructions, and where its jumps go.</summary>
internal sealed partial class MachineCode
{
    private readonly List<string> _operations = [];
    private readonly Dictionary<string, int> _labels = [];
    private readonly List<(int From, string Label)> _jumps = [];

    /// <summary>Reads a disassembly.</summary>
    public MachineCode(string text)
    {
        foreach (string line in text.Split('\n').Select(line => Comment().Replace(line, "").Trim()))
        {
            if (Label().Match(line) is { Success: true } label)
                _labels[label.Groups[1].Value] = _operations.Count;
            if (!line.EndsWith(';'))
                continue;
            string operation = Predicate().Replace(line, "");
            if (operation.StartsWith("BRA", StringComparison.Ordinal) && Target().Match(operation) is { Success: true } target)
                _jumps.Add((_operations.Count, target.Value));
            _operations.Add(operation.Split(' ', ';')[0]);
        }
    }

    /// <summary>The innermost loops that multiply with the tensor cores, in the order of the code.</summary>
    public IReadOnlyList<InstructionMix> TensorCoreLoops()
    {
        (int First, int Last)[] loops =
        [
            .. from jump in _jumps
               where _labels.ContainsKey(jump.Label) && _labels[jump.Label] <= jump.From
               let loop = (First: _labels[jump.Label], Last: jump.From)
               where Multiplies(loop.First, loop.Last)
               select loop,
        ];
        return
        [
            .. from loop in loops
               where !loops.Any(inner => inner != loop && inner.First >= loop.First && inner.Last <= loop.Last)
               select new InstructionMix(Operations(loop.First, loop.Last), Operations(loop.First, loop.Last, WithoutRescaling(loop.First, loop.Last))),
        ];
    }

    // The common path of an online softmax: without what a vote jumps over, many products of numbers and none of matrices.
    private HashSet<int> WithoutRescaling(int first, int last) =>
    [
        .. from jump in _jumps
           where jump.From >= first && jump.From < last && _labels.ContainsKey(jump.Label)
           let end = _labels[jump.Label]
           where end > jump.From && end <= last && !Multiplies(jump.From, end)
           where Enumerable.Range(jump.From, end - jump.From).Count(index => Name(index) == "FMUL") >= 8
           from skipped in Enumerable.Range(jump.From + 1, end - jump.From - 1)
           select skipped,
    ];

    private bool Multiplies(int first, int last) => Enumerable.Range(first, last - first).Any(index => Name(index) == InstructionMix.TensorCore);

    private IEnumerable<string> Operations(int first, int last, HashSet<int>? skipped = null) =>
        Enumerable.Range(first, last - first + 1).Where(index => skipped?.Contains(index) != true).Select(index => _operations[index]);

    private string Name(int index) => _operations[index].Split('.')[0];

    [GeneratedRegex(@"/\*.*?\*/")]
    private static partial Regex Comment();

    [GeneratedRegex(@"^(\.L_\w+):")]
    private static partial Regex Label();

    [GeneratedRegex(@"^@!?U?P[T0-9]+\s+")]
    private static partial Regex Predicate();

    [GeneratedRegex(@"\.L_\w+")]
    private static partial Regex Target();
}

/// <summary>How often a loop has which instruction.</summary>
internal sealed class InstructionMix(IEnumerable<string> all, IEnumerable<string> common)
{
    /// <summary>The instruction of the tensor cores.</summary>
    public const string TensorCore = "HMMA";

    // What only says where something is, or brings it to another register.
    private static readonly string[] _addresses =
        ["MOV", "UMOV", "IMAD", "IADD3", "LEA", "LOP3", "SHF", "UIMAD", "UIADD3", "ULEA", "ULOP3", "USHF", "S2R", "S2UR", "R2UR", "PRMT"];

    // Loads from and stores to a thread's own memory: spilled registers and arrays.
    private static readonly string[] _local = ["LDL", "STL"];

    private readonly Dictionary<string, int> _common = Count(common);

    /// <summary>All instructions of the loop by name.</summary>
    public IReadOnlyDictionary<string, int> All { get; } = Count(all);

    /// <summary>Products of matrices.</summary>
    public int Products => All[TensorCore];

    /// <summary>Other instructions on the common path, without a skipped rescaling, per product.</summary>
    public double OthersPerProduct => (double)(_common.Values.Sum() - Products) / Products;

    /// <summary>Those of them that compute addresses and move registers, per product.</summary>
    public double AddressesPerProduct => (double)_common.Where(entry => _addresses.Contains(entry.Key)).Sum(entry => entry.Value) / Products;

    /// <summary>Loads from and stores to a thread's own memory.</summary>
    public int LocalAccesses => All.Where(entry => _local.Contains(entry.Key)).Sum(entry => entry.Value);

    /// <summary>The figures and the counts, for a report.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Products} {TensorCore}, others {OthersPerProduct:F3}, addresses and moves {AddressesPerProduct:F3} each: {Counts()}");

    private string Counts() =>
        string.Join(", ", _common.OrderByDescending(entry => entry.Value).ThenBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => $"{entry.Key} {entry.Value}"));

    private static Dictionary<string, int> Count(IEnumerable<string> operations) =>
        operations.GroupBy(operation => operation.Split('.')[0]).ToDictionary(group => group.Key, group => group.Count());
}
