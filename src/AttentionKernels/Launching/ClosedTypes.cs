using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace AttentionKernels.Launching;

/// <summary>Closes a generic type by types that are known only as values, and makes an object of it.</summary>
internal static class ClosedTypes
{
    /// <summary>Closes the type.</summary>
    [UnconditionalSuppressMessage("Trimming", "IL2055", Justification = "The package roots this assembly: structs keep interfaces.")]
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = "No device opens without dynamic code.")]
    public static Type Close(Type definition, params Type[] types) => definition.MakeGenericType(types);

    /// <summary>Calls the one constructor; its exceptions come as they are.</summary>
    /// <typeparam name="T">A base of the type.</typeparam>
    /// <param name="definition">The generic type.</param>
    /// <param name="types">Its arguments.</param>
    /// <param name="arguments">The constructor's.</param>
    [UnconditionalSuppressMessage("Trimming", "IL2075", Justification = "The package roots this assembly: types keep constructors.")]
    [UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "The package roots this assembly: types keep constructors.")]
    public static T Create<T>(Type definition, Type[] types, params object?[] arguments) =>
        (T)Close(definition, types)
            .GetConstructors(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic).Single()
            .Invoke(BindingFlags.DoNotWrapExceptions, null, arguments, null);
}
