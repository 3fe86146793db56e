using System.Globalization;
using System.Text;
using AttentionKernels.CodeGeneration;

namespace AttentionKernels.MicroKernels;

/// <summary>
/// A symbol that stands for a vector in OpenCL C: a formula computed with symbols gives the formula's text.
/// </summary>
/// <remarks>
/// Each operation becomes a statement of its own, since compilers may fuse a product and a sum that stand in one expression; a symbol that
/// is used twice is computed once.
/// </remarks>
internal readonly struct OpenClNumber : IScoreNumber<OpenClNumber>
{
    // Null in the default value, which is 0 as that of other numbers.
    private readonly Operation? _operation;

    private OpenClNumber(string text, params OpenClNumber[] operands) => _operation = new Operation(text, operands);

    public static implicit operator OpenClNumber(float value) => new($"(float#){OpenClText.Literal(value)}");

    public static OpenClNumber operator +(OpenClNumber left, OpenClNumber right) => new("{0} + {1}", left, right);

    public static OpenClNumber operator -(OpenClNumber left, OpenClNumber right) => new("{0} - {1}", left, right);

    public static OpenClNumber operator *(OpenClNumber left, OpenClNumber right) => new("{0} * {1}", left, right);

    public static OpenClNumber operator /(OpenClNumber left, OpenClNumber right) => new("{0} / {1}", left, right);

    /// <summary>A vector that the text around the formula declares.</summary>
    public static OpenClNumber Named(string name) => new(name);

    public static OpenClNumber MultiplyAdd(OpenClNumber left, OpenClNumber right, OpenClNumber addend) =>
        new("fma({0}, {1}, {2})", left, right, addend);

    public static OpenClNumber IfLess(OpenClNumber left, OpenClNumber right, OpenClNumber then, OpenClNumber otherwise) =>
        new("select({3}, {2}, {0} < {1})", left, right, then, otherwise);

    public static OpenClNumber PowerOfTwo(OpenClNumber x) => new("as_float#((as_int#({0}) << 23) + 0x3F800000)", x);

    /// <summary>Statements that compute the number.</summary>
    /// <param name="lanes">Lanes of the vectors; 1 for numbers.</param>
    /// <param name="result">The expression of the result, which the statements have declared.</param>
    public string Write(int lanes, out string result)
    {
        var text = new StringBuilder();
        result = Write(this, lanes, text, []);
        return text.ToString();
    }

    private static string Write(OpenClNumber number, int lanes, StringBuilder text, Dictionary<Operation, string> written)
    {
        string width = lanes == 1 ? "" : lanes.ToString(CultureInfo.InvariantCulture);
        if (number._operation is not { } operation)
            return $"(float{width})0.0f";
        if (written.TryGetValue(operation, out string? name))
            return name;
        object[] operands = [.. operation.Operands.Select(operand => Write(operand, lanes, text, written))];
        string expression = string.Format(CultureInfo.InvariantCulture, operation.Text, operands)
            .Replace("#", width, StringComparison.Ordinal);
        if (operands.Length == 0)
            return expression;
        name = $"t{written.Count.ToString(CultureInfo.InvariantCulture)}";
        written.Add(operation, name);
        text.Append(CultureInfo.InvariantCulture, $"const float{width} {name} = {expression};\n");
        return name;
    }

    // Compared by identity.
    private sealed class Operation(string text, OpenClNumber[] operands)
    {
        public string Text => text;

        public OpenClNumber[] Operands => operands;
    }
}
