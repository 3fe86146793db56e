using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace AttentionKernels.Tensors;

/// <summary>Whether tensors can have elements of a type: numbers of a fixed size, and structs of them. ILGPU refuses others, or does not
/// end.</summary>
/// <typeparam name="T">The type.</typeparam>
internal static class TensorElement<T>
    where T : unmanaged
{
    private static readonly Type? _refused = Refused(typeof(T));

    /// <summary>Refuses a type that kernels have no fixed form of.</summary>
    /// <exception cref="NotSupportedException">The type is, or has, a truth value, a character, or a pointer.</exception>
    public static void Check()
    {
        if (_refused is null)
            return;
        string type = typeof(T).IsPrimitive ? typeof(T).Name : $"{typeof(T).Name}, which has a field of {_refused.Name},";
        throw new NotSupportedException(
            $"Elements of type {type} have no fixed form on devices; use a number of fixed size, such as byte or ushort.");
    }

    [UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "Structs keep their fields, which are their layout.")]
    private static Type? Refused(Type type) =>
        type.IsEnum ? null
        : type == typeof(bool) || type == typeof(char) || type == typeof(nint) || type == typeof(nuint) ? type
        : type.IsPointer || type.IsFunctionPointer ? type
        : type.IsPrimitive ? null
        : type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
            .Select(field => Refused(field.FieldType)).FirstOrDefault(refused => refused is not null);
}
