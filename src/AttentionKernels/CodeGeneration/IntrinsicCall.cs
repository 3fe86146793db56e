using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using ILGPU.IR;
using ILGPU.IR.Values;

namespace AttentionKernels.CodeGeneration;

/// <summary>A call of an intrinsic in a kernel under compilation: its operands by the names of the C# parameters.</summary>
internal sealed class IntrinsicCall
{
    private const BindingFlags Fields = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    private readonly MethodInfo _method;
    private readonly Dictionary<string, (Type Type, Value Value)> _operands = new(StringComparer.Ordinal);

    /// <summary>Reads the names of a call's operands.</summary>
    public IntrinsicCall(Value call)
    {
        Call = call;
        _method = (MethodInfo)((MethodCall)call).Target.Source;
        foreach (ParameterInfo parameter in _method.GetParameters())
            _operands.Add(parameter.Name!, (parameter.ParameterType, call[parameter.Position]));
    }

    /// <summary>The call as the compiler represents it: the value of its result.</summary>
    public Value Call { get; }

    /// <summary>The intrinsic with its compile-time choices, as <c>BlockGather.GatherCore&lt;StoredFp16, Fp32x8&gt;</c>.</summary>
    public string Intrinsic
    {
        get
        {
            string choices = string.Join(", ", Choices(Call).Select(Name));
            return $"{_method.DeclaringType!.Name.Split('`')[0]}.{_method.Name}{(choices.Length == 0 ? "" : $"<{choices}>")}";
        }
    }

    /// <summary>The compile-time choices of a call: the type arguments of the intrinsic, and before them those of its class.</summary>
    public static IEnumerable<Type> Choices(Value call)
    {
        var method = (MethodInfo)((MethodCall)call).Target.Source;
        return [.. method.DeclaringType!.GenericTypeArguments, .. method.GetGenericArguments()];
    }

    /// <summary>The names of the operands, in the order of the parameters.</summary>
    public IEnumerable<string> Names => _operands.Keys;

    /// <summary>Whether the call has a result.</summary>
    public bool HasResult => _method.ReturnType != typeof(void);

    /// <summary>Whether there is an operand of this name.</summary>
    public bool Has(string name) => _operands.ContainsKey(name);

    /// <summary>The operand of a parameter.</summary>
    public Value Value(string name) => Operand(name).Value;

    /// <summary>Whether a parameter is a reference, whose operand is a pointer.</summary>
    public bool IsPointer(string name) => Operand(name).Type.IsByRef;

    /// <summary>The type of a parameter or, where it is a reference, of what it refers to.</summary>
    public Type TypeOf(string name) => Operand(name).Type is { IsByRef: true } reference ? reference.GetElementType()! : Operand(name).Type;

    /// <summary>The number that ILGPU gives to a field of the result, a struct: that of its declaration.</summary>
    public int ResultField(string name) => Field(_method.ReturnType, name).Number;

    /// <summary>A field of an operand that is a struct, likewise.</summary>
    public (int Number, Type Type) Field(string parameter, string name) => Field(TypeOf(parameter), name);

    /// <summary>The primitive fields of a struct in the order of their registers, each as the way of fields that leads to it.</summary>
    [UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "The package roots this assembly: its structs keep their fields.")]
    [UnconditionalSuppressMessage("Trimming", "IL2072", Justification = "The package roots this assembly: its structs keep their fields.")]
    public static IEnumerable<IReadOnlyList<FieldInfo>> Primitives(Type type) => type.IsPrimitive
        ? [[]]
        : type.GetFields(Fields).SelectMany(field => Primitives(field.FieldType).Select(IReadOnlyList<FieldInfo> (way) => [field, .. way]));

    /// <summary>Where the registers of a field lie among those of an operand that is a struct; the field as <c>Outer.Inner</c>.</summary>
    public Range Primitives(string parameter, string field)
    {
        string[] ways = [.. Primitives(TypeOf(parameter)).Select(way => $"{string.Join('.', way.Select(step => step.Name))}.")];
        int first = Array.FindIndex(ways, IsInside);
        return first >= 0
            ? first..(Array.FindLastIndex(ways, IsInside) + 1)
            : throw new InvalidOperationException($"{Intrinsic} has no field '{field}' of '{parameter}'.");
        bool IsInside(string way) => way.StartsWith($"{field}.", StringComparison.Ordinal);
    }

    [UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "The package roots this assembly: its structs keep their fields.")]
    private (int Number, Type Type) Field(Type type, string name)
    {
        FieldInfo[] fields = type.GetFields(Fields);
        int number = Array.FindIndex(fields, field => field.Name == name);
        return number >= 0
            ? (number, fields[number].FieldType)
            : throw new InvalidOperationException($"{Intrinsic} has no field '{name}' of a {type.Name}.");
    }

    private static string Name(Type type) => type.IsGenericType
        ? $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GenericTypeArguments.Select(Name))}>"
        : type.Name;

    private (Type Type, Value Value) Operand(string name) => _operands.TryGetValue(name, out (Type Type, Value Value) operand)
        ? operand
        : throw new InvalidOperationException($"{Intrinsic} has no parameter '{name}'.");
}
