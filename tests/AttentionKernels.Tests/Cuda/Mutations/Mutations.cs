using System.Text.RegularExpressions;

namespace AttentionKernels.Tests.Cuda.Mutations;

/// <summary>
/// The mutants of a kernel, one for each thing that can be dropped from its PTX.
/// </summary>
/// <remarks>
/// <para>A barrier or a wait for cp.async is dropped by leaving the instruction out.</para>
/// <para>A bound is a comparison of integers that a branch or a selection depends on, with its complement, which ILGPU computes beside it for
/// conditions in brackets: guards of loads and stores, ends of loops, and choices of a way. Which outcome lets a thread pass cannot be seen
/// in PTX, so there are two mutants of each: one in which it always holds, and one in which it never does. A thread that would have been
/// stopped <see cref="Passes"/> times, in a loop that now has no end, traps. Comparisons in the text of an intrinsic, which ILGPU pastes in
/// wherever it is called, are dropped at all these places at once.</para>
/// </remarks>
internal static partial class Mutations
{
    /// <summary>How many times a thread passes a dropped bound before it traps.</summary>
    public const int Passes = 100;

    private static readonly (string Operator, string Complement)[] _complements =
        [("lt", "ge"), ("gt", "le"), ("eq", "ne"), ("lo", "hs"), ("hi", "ls")];

    /// <summary>All mutants of a text.</summary>
    public static IEnumerable<Mutant> Of(string ptx)
    {
        var text = new PtxText(ptx);
        var complements = new HashSet<int>();
        for (int line = 0; line < text.Lines.Count; line++)
        {
            if (Barrier().IsMatch(text.Lines[line]))
                yield return Without(text, MutationKind.Barrier, line, Barrier());
            else if (Wait().IsMatch(text.Lines[line]))
                yield return Without(text, MutationKind.Wait, line, Wait());
            else if (Comparison().Match(text.Lines[line]) is { Success: true } comparison && !complements.Contains(line))
            {
                int? complement = Complement(text, line, comparison);
                if (complement is { } other)
                    complements.Add(other);
                int[] lines = complement is null ? [line] : [line, complement.Value];
                if (!lines.Any(one => text.Decides(one, Comparison().Match(text.Lines[one]).Groups["predicate"].Value)))
                    continue;
                yield return Forced(text, lines, true);
                yield return Forced(text, lines, false);
            }
        }

        foreach (IGrouping<string, int> pasted in Enumerable.Range(0, text.Lines.Count).Where(line => Pasted().IsMatch(text.Lines[line]))
            .GroupBy(line => Register().Replace(text.Lines[line].Trim(), "%")))
        {
            foreach (bool holds in (bool[])[true, false])
                yield return new Mutant(MutationKind.Bound, $"{pasted.Key} {Way(holds)}", Everywhere(text, pasted, holds));
        }
    }

    // What a comparison with .and holds together with is the predicate's own value before.
    private static string Everywhere(PtxText text, IEnumerable<int> lines, bool holds) => text.With(lines.ToDictionary(line => line, line =>
    {
        Match comparison = Pasted().Match(text.Lines[line]);
        return holds && comparison.Groups["and"].Success ? "" : Set(comparison.Groups["predicate"].Value, holds);
    }));

    private static Mutant Without(PtxText text, MutationKind kind, int line, Regex instruction)
    {
        int number = text.Lines.Take(line).Count(before => instruction.IsMatch(before)) + 1;
        return new Mutant(kind, $"{text.Lines[line].Trim().Replace('\t', ' ')} {number}", text.With(new Dictionary<int, string> { [line] = "" }));
    }

    private static int? Complement(PtxText text, int line, Match comparison)
    {
        for (int next = line + 1; Comparison().Match(text.Lines[next]) is { Success: true } other; next++)
        {
            if (other.Groups["operands"].Value == comparison.Groups["operands"].Value
                && AreComplements(comparison.Groups["operator"].Value, other.Groups["operator"].Value))
                return next;
        }

        return null;
    }

    private static bool AreComplements(string left, string right) =>
        _complements.Contains((left, right)) || _complements.Contains((right, left));

    // The second of two lines is the complement of the first.
    private static Mutant Forced(PtxText text, int[] lines, bool holds)
    {
        var replaced = lines.Select((line, index) => (line, index)).ToDictionary(
            one => one.line,
            one =>
            {
                string predicate = Comparison().Match(text.Lines[one.line]).Groups["predicate"].Value;
                return $"{text.Lines[one.line]}\n{Force(predicate, holds == (one.index == 0))}";
            });
        Match comparison = Comparison().Match(text.Lines[lines[0]]);
        IEnumerable<string> operands = comparison.Groups["operands"].Value.Split(", ").Select(operand => text.Origin(lines[0], operand));
        return new Mutant(
            MutationKind.Bound,
            $"{comparison.Groups["operator"].Value}({string.Join(", ", operands)}) {Way(holds)}",
            text.With(replaced, "\n\t.reg .pred %endless;\n\t.reg .b32 %passes;", "\tmov.b32 %passes, 0;\n"));
    }

    private static string Force(string predicate, bool holds) => $"""
        @{(holds ? "!" : "")}{predicate} add.u32 %passes, %passes, 1;
        setp.gt.u32 %endless, %passes, {Passes};
        @%endless trap;
        {Set(predicate, holds)}
        """;

    private static string Set(string predicate, bool holds) => $"setp.{(holds ? "eq" : "ne")}.u32 {predicate}, 0, 0;";

    private static string Way(bool holds) => holds ? "always" : "never";

    [GeneratedRegex(@"^\s*setp\.\w+(?<and>\.and)?\.[sub](16|32|64) (?<predicate>[a-z]\w*), ")]
    private static partial Regex Pasted();

    [GeneratedRegex(@"%\w+")]
    private static partial Regex Register();

    [GeneratedRegex(@"^\s*(bar|barrier)\.[\w.]*")]
    private static partial Regex Barrier();

    [GeneratedRegex(@"^\s*cp\.async\.wait_\w+")]
    private static partial Regex Wait();

    [GeneratedRegex(@"^\s*setp\.(?<operator>\w+)\.[sub](16|32|64)\s+(?<predicate>%\w+), (?<operands>[^;]*);")]
    private static partial Regex Comparison();
}
