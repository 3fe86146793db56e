using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using ILGPU.Backends.OpenCL;
using ILGPU.Backends.PTX;
using ILGPU.IR.Intrinsics;

namespace AttentionKernels.CodeGeneration;

/// <summary>
/// Registers every intrinsic of this assembly with an ILGPU context.
/// </summary>
/// <remarks>
/// An intrinsic is a method marked <c>[IntrinsicImplementation]</c> of a static class, which may be generic over structs. Its C# body
/// is what the managed CPU runs; beside it, in the same class, a method <c>{Name}OpenCl</c> emits OpenCL C by an <see cref="OpenClBody"/>
/// and a method <c>{Name}Ptx</c> emits PTX by <see cref="PtxBody"/>. A method without one of the two cannot be used in kernels for that
/// backend: the compiler then names it.
/// </remarks>
internal static class IntrinsicRegistry
{
    private const BindingFlags Methods = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private static readonly Lazy<MethodInfo[]> _intrinsics = new(Find);
    private static readonly Lazy<Type[]> _structs = new(FindStructs);

    /// <summary>Registers all intrinsics with <paramref name="manager"/>, once per context and before its first accelerator.</summary>
    [UnconditionalSuppressMessage("Trimming", "IL2075", Justification = "The package roots this assembly: all of its methods are kept.")]
    public static void Register(IntrinsicImplementationManager manager)
    {
        foreach (MethodInfo method in _intrinsics.Value)
        {
            Type type = method.DeclaringType!;
            if (type.GetMethod(method.Name + "OpenCl", Methods) is { } openCl)
                manager.RegisterMethod(method, new CLIntrinsic(type, openCl.Name, IntrinsicImplementationMode.GenerateCode));
            if (type.GetMethod(method.Name + "Ptx", Methods) is { } ptx)
                manager.RegisterMethod(method, new PTXIntrinsic(type, ptx.Name, IntrinsicImplementationMode.GenerateCode));
        }
    }

    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "The package roots this assembly: all of its types are kept.")]
    [UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "The package roots this assembly: all of its methods are kept.")]
    [UnconditionalSuppressMessage("Trimming", "IL2075", Justification = "The package roots this assembly: all of its methods are kept.")]
    private static MethodInfo[] Find() =>
    [
        .. from type in typeof(IntrinsicRegistry).Assembly.GetTypes()
           where type is { IsAbstract: true, IsSealed: true } && type.GetMethods(Methods).Any(IsIntrinsic)
           from closed in Close(type)
           from method in closed.GetMethods(Methods)
           where IsIntrinsic(method)
           select method,
    ];

    private static bool IsIntrinsic(MethodInfo method) => method.IsDefined(typeof(IntrinsicImplementationAttribute), inherit: false);

    // A generic class, over each choice of structs of this assembly and its friends that may stand in it.
    [UnconditionalSuppressMessage("Trimming", "IL2055", Justification = "The package roots this assembly: all of its types are kept.")]
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = "Kernels are compiled where the runtime can compile, and nowhere else.")]
    private static IEnumerable<Type> Close(Type type)
    {
        if (!type.ContainsGenericParameters)
            return [type];
        IEnumerable<Type[]> choices = [[]];
        foreach (Type parameter in type.GetGenericArguments())
            choices = [.. from choice in choices from next in Structs(parameter) select (Type[])[.. choice, next]];
        return choices.Select(type.MakeGenericType);
    }

    [UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "The package roots this assembly: structs keep their interfaces.")]
    private static IEnumerable<Type> Structs(Type parameter)
    {
        Type[] contracts = [.. parameter.GetGenericParameterConstraints().Where(constraint => constraint.IsInterface)];
        if (contracts.Length != 1)
        {
            throw new InvalidOperationException(
                $"{parameter.DeclaringType} has micro-kernels; its type parameter {parameter} must have one interface for a constraint, " +
                "by which the structs that stand in for it are found.");
        }

        Type contract = Definition(contracts[0]);
        return _structs.Value.Where(type => type.GetInterfaces().Select(Definition).Contains(contract));
        static Type Definition(Type contract) => contract.IsGenericType ? contract.GetGenericTypeDefinition() : contract;
    }

    // Contracts are internal: who else implements them is a friend.
    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "The package roots this assembly: all of its types are kept.")]
    private static Type[] FindStructs()
    {
        Assembly own = typeof(IntrinsicRegistry).Assembly;
        string[] friends = [.. own.GetCustomAttributes<InternalsVisibleToAttribute>().Select(friend => friend.AssemblyName)];
        IEnumerable<Assembly> others = AppDomain.CurrentDomain.GetAssemblies().Where(assembly => friends.Contains(assembly.GetName().Name));
        return
        [
            .. others.Prepend(own).SelectMany(assembly => assembly.GetTypes())
                .Where(type => type is { IsValueType: true, IsGenericType: false }),
        ];
    }
}
