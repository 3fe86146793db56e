using System.Runtime.CompilerServices;
using ILGPU;

namespace AttentionKernels.Devices;

/// <summary>What is asked of the types of a kernel: names, and that ILGPU's generated launchers can see those of its arguments, masks and
/// modifiers included.</summary>
internal static class KernelTypes
{
    /// <summary>Refuses types that a launcher cannot see, on every device alike, instead of failing later on some.</summary>
    /// <exception cref="ArgumentException">A type is not public.</exception>
    public static void CheckVisible(Type type)
    {
        if (!IsDeclaredVisible(type))
        {
            throw new ArgumentException(
                $"The struct {type.Name} is not public. Kernels take public structs, or internal ones of an assembly that has " +
                $"[assembly: InternalsVisibleTo(\"{Context.RuntimeAssemblyName}\")].");
        }

        foreach (Type argument in type.GenericTypeArguments)
            CheckVisible(argument);
    }

    /// <summary>A kernel's name with those of its generic choices, for people to read.</summary>
    public static string Name(Type type) => type.IsGenericType
        ? $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GenericTypeArguments.Select(Name))}>"
        : type.Name;

    private static bool IsDeclaredVisible(Type type)
    {
        bool showsInternals = type.Assembly.GetCustomAttributes(typeof(InternalsVisibleToAttribute), inherit: false)
            .Cast<InternalsVisibleToAttribute>().Any(attribute => attribute.AssemblyName == Context.RuntimeAssemblyName);
        for (Type? declared = type; declared is not null; declared = declared.DeclaringType)
        {
            bool isPublic = declared.IsPublic || declared.IsNestedPublic;
            bool isInternal = declared.IsNotPublic || declared.IsNestedAssembly || declared.IsNestedFamORAssem;
            if (!isPublic && !(isInternal && showsInternals))
                return false;
        }

        return true;
    }
}
