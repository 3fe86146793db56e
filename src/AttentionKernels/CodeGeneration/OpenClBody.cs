using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using ILGPU;
using ILGPU.Backends;
using ILGPU.Backends.OpenCL;
using ILGPU.IR;
using ILGPU.IR.Types;
using ILGPU.Util;

namespace AttentionKernels.CodeGeneration;

/// <summary>Writes what stands for one call of an intrinsic in OpenCL C. Its text names operands as the C# parameters are named.</summary>
/// <remarks>
/// In the text of a block, <c>result</c> stands for the result, <c>result.Field</c> for the field of one that is a struct, and
/// <c>parameter.Field</c> for that of an operand. A parameter must not have the name of a keyword of OpenCL C, nor of a function that the
/// text calls.
/// </remarks>
internal sealed partial class OpenClBody(CLCodeGenerator generator, Value call)
{
    private const string Result = "result";

    private readonly IntrinsicCall _call = new(call);

    /// <summary>The address space that the operand of a reference points into.</summary>
    public string AddressSpace(string name) => ((AddressSpaceType)_call.Value(name).Type).AddressSpace switch
    {
        MemoryAddressSpace.Global => "global",
        MemoryAddressSpace.Shared => "local",
        MemoryAddressSpace.Local => "private",
        _ => "",
    };

    /// <summary>The type of the operand of a reference, for further pointers to the same memory: <c>global float*</c>.</summary>
    public string Pointer(string name) => $"{AddressSpace(name)} {TypeName(_call.TypeOf(name))}*";

    /// <summary>Writes a block of statements. Operands, or their fields, that the text mentions are declared before it, as locals of the
    /// block.</summary>
    public void Write(string statements)
    {
        var block = new StringBuilder("{\n// ").Append(_call.Intrinsic).Append('\n');
        ILookup<string, string> mentioned = Name().Matches(statements).Where(match => _call.Has(match.Groups["name"].Value))
            .ToLookup(match => match.Groups["name"].Value, match => match.Groups["field"].Value);
        foreach (string name in _call.Names.Where(mentioned.Contains))
        {
            foreach (string field in mentioned[name].Distinct())
                block.Append(Declaration(name, field)).Append('\n');
        }

        statements = Name().Replace(statements, match =>
            match.Groups["field"] is { Success: true } field && match.Groups["name"] is { Value: var name } && _call.Has(name)
                ? Local(name, field.Value)
                : match.Value);
        if (_call.HasResult)
        {
            string result = Allocate();
            statements = ResultName().Replace(statements, match => match.Groups["field"] is { Success: true } field
                ? string.Create(CultureInfo.InvariantCulture, $"{result}.field_{_call.ResultField(field.Value)}")
                : result);
        }

        Append(block.Append(statements).Append("\n}").ToString());
    }

    /// <summary>Writes that the result is an expression, in which the operands themselves take the place of their names.</summary>
    public void Assign(string expression)
    {
        string value = Name().Replace(expression, match => _call.Has(match.Value) ? Operand(match.Value) : match.Value);
        Append($"{Allocate()} = {value}");
    }

    private string Declaration(string name, string field)
    {
        if (field.Length > 0)
        {
            (int number, Type type) = _call.Field(name, field);
            string value = string.Create(CultureInfo.InvariantCulture, $"{Operand(name)}.field_{number}");
            return $"const {TypeName(type)} {Local(name, field)} = {value};";
        }

        if (!_call.IsPointer(name))
            return $"const {TypeName(_call.TypeOf(name))} {name} = {Operand(name)};";

        // Pointers to stored numbers point to structs of ILGPU's.
        string cast = _call.TypeOf(name).IsPrimitive ? "" : $"({Pointer(name)})";
        return $"{Pointer(name)} {name} = {cast}{Operand(name)};";
    }

    private static string Local(string name, string field) => $"{name}_{field}";

    private static string TypeName(Type type) => Type.GetTypeCode(type) switch
    {
        TypeCode.Single => "float",
        TypeCode.Int32 => "int",
        TypeCode.Int64 => "long",
        TypeCode.UInt16 => "ushort",
        _ => Target(type),
    };

    [UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "The package roots this assembly: its structs keep their members.")]
    private static string Target(Type type) => (string)type.GetProperty(nameof(IOpenClTarget.OpenClTarget))!.GetValue(null)!;

    // Constants come as objects without a C spelling of their own.
    private string Operand(string name) => generator.Load(_call.Value(name)) switch
    {
        VariableAllocator.ConstantVariable { Value: var constant } when constant.BasicValueType == BasicValueType.Float32 =>
            OpenClText.Literal(constant.Float32Value),
        VariableAllocator.ConstantVariable { Value: var constant } => constant.Int64Value.ToString(CultureInfo.InvariantCulture),
        var variable => variable.ToString()!,
    };

    // ILGPU declares all variables where a function begins, outside of any block.
    private string Allocate()
    {
        VariableAllocator.Variable result = generator.Allocate(_call.Call);
        generator.Declare(result);
        return result.ToString()!;
    }

    // A semicolon is added; behind a block it is an empty statement.
    private void Append(string statement)
    {
        using CLCodeGenerator.StatementEmitter emitter = generator.BeginStatement((RawString)statement);
    }

    [GeneratedRegex(@"(?<!\.)\b(?<name>[A-Za-z_]\w*)(\.(?<field>[A-Z]\w*))?", RegexOptions.CultureInvariant)]
    private static partial Regex Name();

    [GeneratedRegex($@"\b{Result}\b(\.(?<field>[A-Z]\w*))?", RegexOptions.CultureInvariant)]
    private static partial Regex ResultName();
}
