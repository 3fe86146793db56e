using System.Reflection;
using ILGPU;

namespace AttentionKernels.Attention;

/// <summary>Checks the fields of masks and score modifiers, which travel with the arguments of kernels.</summary>
internal static class VariantFields
{
    /// <summary>Refuses fields that drivers cannot take, on every device alike, with the name that the compiler's own error lacks.</summary>
    /// <exception cref="ArgumentException">A field, or one of a struct in a field, is a <see cref="bool"/>.</exception>
    public static void Check<TVariant>(string name)
        where TVariant : struct
    {
        if (FindBool(typeof(TVariant)) is { } field)
        {
            throw new ArgumentException(
                $"The field '{SourceName(field)}' of {field.DeclaringType!.Name} is a bool, which has no fixed size on devices; make it an int that is 0 or 1.", name);
        }
    }

    // ILGPU's own structs, its views above all, have passed its own checks.
    private static FieldInfo? FindBool(Type type)
    {
        if (type.IsPrimitive || type.IsEnum || type.Assembly == typeof(Context).Assembly)
            return null;
        FieldInfo[] fields = type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic);
        return fields.FirstOrDefault(field => field.FieldType == typeof(bool))
            ?? fields.Where(field => field.FieldType.IsValueType).Select(field => FindBool(field.FieldType)).FirstOrDefault(found => found is not null);
    }

    // The compiler names the field of a property <Name>k__BackingField, and that of a parameter of the struct <name>P.
    private static string SourceName(FieldInfo field) => field.Name.StartsWith('<') ? field.Name[1..field.Name.IndexOf('>')] : field.Name;
}
