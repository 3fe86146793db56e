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
            _operations.Add(string.Intern(operation.Split(' ', ';')[0]));
        }
    }

    /// <summary>All instructions.</summary>
    public InstructionMix Whole => Mix(0, _operations.Count - 1);

    /// <summary>The loops that have no loop in them, in the order of the code.</summary>
    public IReadOnlyList<InstructionMix> InnermostLoops() => [.. Innermost(_ => true).Select(loop => Mix(loop.First, loop.Last))];

    /// <summary>The smallest loop that has some innermost loops in it.</summary>
    /// <param name="isInner">Which ones.</param>
    public InstructionMix LoopAround(Func<InstructionMix, bool> isInner)
    {
        (int First, int Last)[] inner = [.. Innermost(_ => true).Where(loop => isInner(Mix(loop.First, loop.Last)))];
        (int first, int last) = Loops().Where(loop => inner.All(one => one != loop && one.First >= loop.First && one.Last <= loop.Last))
            .MinBy(loop => loop.Last - loop.First);
        return Mix(first, last);
    }

    /// <summary>The innermost loops that multiply with the tensor cores, in the order of the code.</summary>
    public IReadOnlyList<InstructionMix> TensorCoreLoops() =>
    [
        .. from loop in Innermost(loop => Multiplies(loop.First, loop.Last))
           select new InstructionMix(Operations(loop.First, loop.Last), Operations(loop.First, loop.Last, WithoutRescaling(loop.First, loop.Last))),
    ];

    // The jump to itself behind the end of a function is no loop.
    private IEnumerable<(int First, int Last)> Loops() =>
        from jump in _jumps
        where _labels.ContainsKey(jump.Label) && _labels[jump.Label] < jump.From
        select (_labels[jump.Label], jump.From);

    private IEnumerable<(int First, int Last)> Innermost(Func<(int First, int Last), bool> counts)
    {
        (int First, int Last)[] loops = [.. Loops().Where(counts)];
        return loops.Where(loop => !loops.Any(inner => inner != loop && inner.First >= loop.First && inner.Last <= loop.Last));
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

    private InstructionMix Mix(int first, int last) => new(Operations(first, last), Operations(first, last));

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
