using System.Globalization;
using System.Text.RegularExpressions;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Values;

namespace AttentionKernels.CodeGeneration;

/// <summary>Writes what stands for one call of an intrinsic in PTX. Its text names operands as the C# parameters are named.</summary>
/// <remarks>
/// In the text, <c>$name</c> stands for the register of the operand whose C# parameter has this name, <c>$name.Field</c> for that of a
/// field, <c>$result</c> for that of the result, and <c>#name</c> for the value of an operand that is a constant. A struct is the list of
/// its fields' registers, separated by commas, as vector operands are written. The commands are a block: they may declare registers.
/// </remarks>
internal sealed partial class PtxBody(PTXCodeGenerator generator, Value call)
{
    private const string Result = "result";

    private readonly IntrinsicCall _call = new(call);

    /// <summary>A label that no other call has: PTX scopes labels, but not every reader of it does.</summary>
    public string Label { get; } = $"L_{call.Id}";

    /// <summary>Whether an operand, which is a constant, is <see langword="true"/>.</summary>
    /// <exception cref="NotSupportedException">It is no constant.</exception>
    public bool IsTrue(string name) => Constant(name).Int64Value != 0;

    /// <summary>Writes commands.</summary>
    public void Write(string commands)
    {
        // Loading an operand may write a command of its own, and the result's registers must be other ones: operands come first.
        Dictionary<string, string[]> registers = Operands(commands);
        if (_call.HasResult)
            registers.Add(Result, [.. Primitives(generator.Allocate(call)).Select(Name)]);
        Append(commands, registers);
    }

    /// <summary>
    /// Writes commands that change an operand in its own registers, which become those of the result: no copy, whatever its size. The
    /// kernel must not use the operand afterwards.
    /// </summary>
    /// <exception cref="NotSupportedException">The operand is a constant, or in part.</exception>
    public void WriteInPlace(string operand, string commands)
    {
        PTXRegisterAllocator.Register state = generator.Load(_call.Value(operand));
        if (!Primitives(state).All(register => register is PTXRegisterAllocator.HardwareRegister))
            throw new NotSupportedException($"{_call.Intrinsic} changes '{operand}' in place, which is a constant here.");
        Append(commands, Operands(commands));
        generator.Bind(call, state);
    }

    private void Append(string commands, Dictionary<string, string[]> registers)
    {
        string text = Immediate().Replace(commands, match =>
            Constant(match.Groups["name"].Value).Int64Value.ToString(CultureInfo.InvariantCulture));
        text = Variable().Replace(text, match =>
        {
            string name = match.Groups["name"].Value;
            string[] all = registers[name];
            return string.Join(", ", match.Groups["field"] is { Success: true } field ? all[_call.Primitives(name, field.Value)] : all);
        });
        generator.Builder.AppendLine($"\t{{\n\t// {_call.Intrinsic}\n\t{text.ReplaceLineEndings("\n\t")}\n\t}}");
    }

    private Dictionary<string, string[]> Operands(string commands) => Variable().Matches(commands)
        .Select(match => match.Groups["name"].Value).Where(name => name != Result).Distinct(StringComparer.Ordinal)
        .ToDictionary(name => name, name => Primitives(generator.Load(_call.Value(name)))
            .Select(register => Name(generator.EnsureHardwareRegister((PTXRegisterAllocator.PrimitiveRegister)register))).ToArray());

    private PrimitiveValue Constant(string name) => _call.Value(name) is PrimitiveValue constant
        ? constant
        : throw new NotSupportedException($"{_call.Intrinsic} takes a constant for '{name}'.");

    private static IEnumerable<PTXRegisterAllocator.Register> Primitives(PTXRegisterAllocator.Register register) =>
        register is PTXRegisterAllocator.CompoundRegister compound ? compound.Children.SelectMany(Primitives) : [register];

    private static string Name(PTXRegisterAllocator.Register register) =>
        "%" + PTXRegisterAllocator.GetStringRepresentation((PTXRegisterAllocator.HardwareRegister)register);

    [GeneratedRegex(@"\$(?<name>\w+)(\.(?<field>[A-Z]\w*(\.[A-Z]\w*)*))?", RegexOptions.CultureInvariant)]
    private static partial Regex Variable();

    [GeneratedRegex(@"#(?<name>\w+)", RegexOptions.CultureInvariant)]
    private static partial Regex Immediate();
}
