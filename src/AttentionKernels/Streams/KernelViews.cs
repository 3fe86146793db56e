using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Reflection.Emit;
using ILGPU;

namespace AttentionKernels.Streams;

/// <summary>
/// Shows the views of a struct, such as a kernel's arguments, to a visitor without boxing them: a method that does is generated once for a
/// struct and a visitor.
/// </summary>
/// <typeparam name="T">The struct, or a view itself.</typeparam>
/// <typeparam name="TVisitor">Who sees them.</typeparam>
internal static class KernelViews<T, TVisitor>
    where TVisitor : class, IViewVisitor
{
    private const BindingFlags Fields = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    private static readonly (FieldInfo[] Path, bool IsInput)[] _views = [.. Find(typeof(T), [], isInput: false)];
    private static readonly Method? _visit = Generate();

    private delegate void Method(ref readonly T arguments, TVisitor visitor);

    /// <summary>Shows all views.</summary>
    public static void Visit(in T arguments, TVisitor visitor) => _visit?.Invoke(in arguments, visitor);

    /// <summary>The fields that lead to a view.</summary>
    public static IReadOnlyList<FieldInfo> Path(int index) => _views[index].Path;

    [UnconditionalSuppressMessage("Trimming", "IL2060", Justification = "The package roots this assembly: the visitor keeps its methods.")]
    [UnconditionalSuppressMessage("Trimming", "IL2090", Justification = "The package roots this assembly: the visitor keeps its methods.")]
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = "No device opens without dynamic code.")]
    private static Method? Generate()
    {
        if (_views.Length == 0)
            return null;
        MethodInfo visit = typeof(TVisitor).GetMethod(nameof(IViewVisitor.Visit))!;
        var method = new DynamicMethod(
            nameof(Visit), typeof(void), [typeof(T).MakeByRefType(), typeof(TVisitor)], typeof(KernelViews<T, TVisitor>).Module,
            skipVisibility: true);
        ILGenerator code = method.GetILGenerator();
        for (int index = 0; index < _views.Length; index++)
        {
            (FieldInfo[] path, bool isInput) = _views[index];
            Type view = path.Length == 0 ? typeof(T) : path[^1].FieldType;
            code.Emit(OpCodes.Ldarg_1);
            code.Emit(OpCodes.Ldarg_0);
            foreach (FieldInfo field in path)
                code.Emit(OpCodes.Ldflda, field);
            code.Emit(OpCodes.Ldobj, view);
            code.Emit(OpCodes.Ldc_I4, index);
            code.Emit(isInput ? OpCodes.Ldc_I4_1 : OpCodes.Ldc_I4_0);
            code.Emit(OpCodes.Call, visit.MakeGenericMethod(view));
        }

        code.Emit(OpCodes.Ret);
        return method.CreateDelegate<Method>();
    }

    [UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "Structs keep their fields, which are their layout.")]
    private static IEnumerable<(FieldInfo[] Path, bool IsInput)> Find(Type type, FieldInfo[] path, bool isInput)
    {
        if (typeof(IArrayView).IsAssignableFrom(type) && type.IsValueType)
            return [(path, isInput)];
        return !type.IsValueType || type.IsPrimitive || type.IsEnum
            ? []
            : type.GetFields(Fields).SelectMany(field =>
                Find(field.FieldType, [.. path, field], isInput || field.IsDefined(typeof(KernelInputAttribute))));
    }
}
