using System.Text.RegularExpressions;

namespace AttentionKernels.Tests.Cuda.Mutations;

/// <summary>The lines of a kernel's PTX as ILGPU writes it, an instruction each.</summary>
internal sealed partial class PtxText(string ptx)
{
    // So many operations deep the origin of an operand is told.
    private const int Depth = 3;

    private readonly Match[] _definitions = [.. ptx.Split('\n').Select(line => Definition().Match(line))];

    /// <summary>The lines.</summary>
    public IReadOnlyList<string> Lines { get; } = ptx.Split('\n');

    /// <summary>The text with lines replaced, and declarations put at the beginning of the function that one of them is in.</summary>
    /// <param name="replaced">What takes the place of a line.</param>
    /// <param name="registers">Declarations of registers.</param>
    /// <param name="initialisation">What sets them when the function begins.</param>
    public string With(IReadOnlyDictionary<int, string> replaced, string registers = "", string initialisation = "")
    {
        string[] lines = [.. Lines];
        foreach ((int line, string text) in replaced)
            lines[line] = text;
        int body = Body(replaced.Keys.Min());
        lines[body] += registers;
        int first = Enumerable.Range(body + 1, lines.Length - body - 1).First(line => Instruction().IsMatch(Lines[line]));
        lines[first] = initialisation + lines[first];
        return string.Join('\n', lines);
    }

    /// <summary>Whether a branch or a selection depends on the predicate that a line sets, directly or through others.</summary>
    public bool Decides(int line, string predicate)
    {
        for (int next = line + 1; next < Lines.Count && Lines[next] != "}"; next++)
        {
            string text = Lines[next];
            if (Decision().Match(text) is { Success: true } decision && decision.Groups["predicate"].Value == predicate)
                return true;
            if (_definitions[next] is not { Success: true } definition)
                continue;
            string target = definition.Groups["target"].Value;
            bool isLogic = definition.Groups["operation"].Value.EndsWith(".pred", StringComparison.Ordinal);
            if (isLogic && Operands(definition).Contains(predicate) && Decides(next, target))
                return true;
            if (target == predicate)
                return false;
        }

        return false;
    }

    /// <summary>Where an operand of a line comes from: the operations whose result it is, by the nearest definition before.</summary>
    public string Origin(int line, string operand) => Origin(line, operand, Depth);

    private string Origin(int line, string operand, int depth)
    {
        if (Address().Match(operand) is { Success: true } address)
            return $"[{Origin(line, address.Groups["register"].Value, depth)}{address.Groups["offset"].Value}]";
        if (!NumberedRegister().IsMatch(operand))
            return Argument().Replace(operand, "argument");
        for (int before = line - 1; before >= 0 && Lines[before] != "{"; before--)
        {
            if (_definitions[before] is not { Success: true } definition || definition.Groups["target"].Value != operand)
                continue;
            string operation = definition.Groups["operation"].Value;
            string[] operands = Operands(definition);
            if (operation.StartsWith("mov.", StringComparison.Ordinal) || operation.StartsWith("cvt", StringComparison.Ordinal))
                return Origin(before, operands[0], depth);
            if (operation.StartsWith("ld.param", StringComparison.Ordinal))
                return Argument().Replace(operands[0], "argument");
            string name = operation.Split('.')[0];
            return depth == 0 ? name : $"{name}({string.Join(", ", operands.Select(one => Origin(before, one, depth - 1)))})";
        }

        return "?";
    }

    private static string[] Operands(Match definition) => definition.Groups["operands"].Value.Split(", ", StringSplitOptions.TrimEntries);

    private int Body(int line)
    {
        while (!(Lines[line] == "{" && Lines[line - 1].EndsWith(')')))
            line--;
        return line;
    }

    [GeneratedRegex(@"^\s*(@!?%\w+\s+)?[a-z][\w.]*\s")]
    private static partial Regex Instruction();

    [GeneratedRegex(@"^\s*(@!?(?<predicate>%\w+)\s+bra\b|selp\..*, (?<predicate>%\w+);)")]
    private static partial Regex Decision();

    [GeneratedRegex(@"^\s*(?<operation>[a-z][\w.]*)\s+(?<target>%\w+), (?<operands>[^;]*);")]
    private static partial Regex Definition();

    [GeneratedRegex(@"^\[(?<register>%\w+)(?<offset>\+\d+)?\]$")]
    private static partial Regex Address();

    [GeneratedRegex(@"^%[a-z]+\d+$")]
    private static partial Regex NumberedRegister();

    [GeneratedRegex(@"\[?_[A-Za-z]+_\d+(\+\d+)?\]?")]
    private static partial Regex Argument();
}
