using System.Reflection;
using System.Runtime.CompilerServices;

namespace AttentionKernels.Tests.BadInput;

/// <summary>A row of the table of public methods: one that calls a method in a valid way, so that its arguments can be made wrong one at a time.</summary>
/// <param name="Arguments">The receiver, where there is one, and the arguments; what they own belongs to the scene.</param>
internal sealed record PublicCall(Func<CallScene, object?[]> Arguments)
{
    /// <summary>The types of a generic method, or of the type that declares it.</summary>
    public Type[] Types { get; init; } = [];

    /// <summary>Calls the method, where reflection cannot: arrays stand for spans.</summary>
    public Action<object?[]>? Call { get; init; }

    /// <summary>Wrong values, as "parameter: kind", that this method takes after all.</summary>
    public string[] Takes { get; init; } = [];

    /// <summary>Wrong values, likewise, that are not tried: what becomes of them is the user's matter.</summary>
    public string[] Untried { get; init; } = [];

    /// <summary>The methods and constructors that have to have a row, by <see cref="Name"/>.</summary>
    public static IReadOnlyDictionary<string, MethodBase> Methods { get; } = Find();

    /// <summary>How a method is named in the table: parameters tell overloads apart.</summary>
    public static string Name(MethodBase method) =>
        $"{method.DeclaringType!.Name.Split('`')[0]}.{(method.IsConstructor ? "new" : method.Name)}" +
        $"({string.Join(", ", method.GetParameters().Select(parameter => IsSpan(parameter.ParameterType) ? $"span {parameter.Name}" : parameter.Name))})";

    public static bool IsSpan(Type type) => type.IsByRefLike;

    // What users write themselves, what the compiler writes, and operators have no arguments that could be wrong; nor have interfaces, which users
    // implement, and what masks and modifiers have for kernels to call, exceptions, which the library makes, and plain values, which are checked
    // where they are used. The types that
    // extension blocks become have a special name; their members are methods of the class around them too.
    private static Dictionary<string, MethodBase> Find()
    {
        Type[] values =
        [
            typeof(BFloat16), typeof(KeyRange), typeof(KeyRotation), typeof(NoMask), typeof(NoModifier), typeof(Position),
            typeof(PrefixStatistics), typeof(QueryRange), typeof(RaggedLengths), typeof(RowTerms), typeof(RowTerms<>), typeof(ScoreMath), typeof(TensorShape.Enumerator),
        ];
        const BindingFlags Declared = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        return typeof(AttentionDevice).Assembly.GetExportedTypes()
            .Where(type => !type.IsSpecialName && !type.IsInterface && !type.IsEnum && !type.IsAssignableTo(typeof(Exception)) && !type.IsAssignableTo(typeof(Attribute)) && !values.Contains(type))
            .SelectMany(type => type.GetMembers(Declared).OfType<MethodBase>())
            .Where(method => !method.IsDefined(typeof(CompilerGeneratedAttribute)) && (method.IsConstructor ? method.GetParameters().Length > 0 : !method.IsSpecialName))
            .Where(method => method.IsConstructor || !IsVariant(method.DeclaringType!))
            .Where(method => method.Name is not (nameof(Equals) or nameof(GetHashCode) or nameof(ToString)))
            .ToDictionary(Name, StringComparer.Ordinal);
        static bool IsVariant(Type type) => type.IsValueType && type.GetInterfaces().Any(contract =>
            contract.IsGenericType && contract.GetGenericTypeDefinition() is var definition && (definition == typeof(IMask<>) || definition == typeof(IScoreModifier<>)));
    }
}
