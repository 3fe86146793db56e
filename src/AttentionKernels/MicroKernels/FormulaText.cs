using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace AttentionKernels.MicroKernels;

/// <summary>Writes an <see cref="IFormula"/> as OpenCL C, for code generators, which have it as an object.</summary>
/// <param name="x">What the vector of the formula's first numbers is called.</param>
/// <param name="y">And that of the second ones.</param>
internal abstract class FormulaText(string x, string y)
{
    /// <summary>The text of a formula over two vectors.</summary>
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = "Kernels are compiled when the program runs, so code can be.")]
    [UnconditionalSuppressMessage("Trimming", "IL2071", Justification = "A struct needs no constructor.")]
    [UnconditionalSuppressMessage("Trimming", "IL2055", Justification = "The package roots this assembly: its types keep their members.")]
    public static FormulaText Of(Type formula, string x, string y) =>
        (FormulaText)Activator.CreateInstance(typeof(Text<>).MakeGenericType(formula), x, y)!;

    /// <summary>
    /// Statements that assign the formula's value to a vector <paramref name="result"/>, by both vectors and the row's terms <c>a</c> to
    /// <c>d</c>; to a number where there is one lane.
    /// </summary>
    public string Apply(int lanes, string result)
    {
        string statements = Formula(OpenClNumber.Named(x), OpenClNumber.Named(y)).Write(lanes, out string value);
        return $"{statements}{result} = {value};";
    }

    /// <summary>Declarations of the row's terms that the formula looks at, each of what an expression gives for its number.</summary>
    public string Terms(int lanes, Func<int, string> term)
    {
        string formula = Apply(lanes, "");
        string[] names = ["a", "b", "c", "d"];
        return string.Join('\n', Enumerable.Range(0, names.Length)
            .Where(index => Regex.IsMatch(formula, $@"\b{names[index]}\b"))
            .Select(index => $"const float{lanes} {names[index]} = {term(index)};"));
    }

    private protected abstract OpenClNumber Formula(OpenClNumber x, OpenClNumber y);

    private sealed class Text<TFormula>(string x, string y) : FormulaText(x, y)
        where TFormula : struct, IFormula
    {
        private protected override OpenClNumber Formula(OpenClNumber x, OpenClNumber y) => TFormula.Apply(
            x, y,
            new RowTerms<OpenClNumber>(
                OpenClNumber.Named("a"), OpenClNumber.Named("b"), OpenClNumber.Named("c"), OpenClNumber.Named("d")));
    }
}
