using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using AttentionKernels.Devices;
using AttentionKernels.Streams;
using AttentionKernels.Tensors;
using ILGPU;
using ILGPU.Runtime;

namespace AttentionKernels.Attention.Variants;

/// <summary>Checks the fields of a mask or score modifier, which travel with the arguments of kernels.</summary>
/// <typeparam name="TVariant">The mask or modifier.</typeparam>
/// <param name="device">The device of the plan.</param>
/// <param name="name">The argument's name, for messages.</param>
internal sealed class VariantFields<TVariant>(AttentionDevice device, string name) : IViewVisitor
{
    private const BindingFlags Fields = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    /// <summary>Refuses fields that devices cannot take, on every device alike, with the name that the compiler's own error
    /// lacks.</summary>
    /// <exception cref="ArgumentException">A field, or one of a struct in a field, is a <see cref="bool"/> or a reference.</exception>
    public void CheckTypes()
    {
        if (Find(typeof(TVariant), static type => type == typeof(bool)) is { } flag)
        {
            throw new ArgumentException(
                $"{Refusal(flag)} is a bool, which has no fixed size there; make it an int that is 0 or 1.", name);
        }

        if (Find(typeof(TVariant), static type => !type.IsValueType && !type.IsPointer) is { } reference)
        {
            throw new ArgumentException(
                $"{Refusal(reference)} is a reference, of type {KernelTypes.Name(reference.FieldType)}; make it a number, or an " +
                "ArrayView of a tensor's Data.", name);
        }
    }

    /// <summary>Refuses views that kernels cannot read.</summary>
    /// <exception cref="ArgumentException">A view has no memory, or memory of another device.</exception>
    /// <exception cref="ObjectDisposedException">A view's memory is disposed.</exception>
    public void CheckViews(in TVariant variant) => KernelViews<TVariant, VariantFields<TVariant>>.Visit(variant, this);

    /// <inheritdoc/>
    public void Visit<TView>(TView view, int index, bool isInput)
        where TView : struct, IArrayView
    {
        MemoryBuffer? buffer = TensorChecks.Buffer(view);
        if (buffer is { IsDisposed: false } && buffer.Accelerator == device.Accelerator)
            return;
        string path = string.Join('.', KernelViews<TVariant, VariantFields<TVariant>>.Path(index).Select(SourceName));
        string field = $"The view '{path}' of {KernelTypes.Name(typeof(TVariant))}";
        throw buffer switch
        {
            null => new ArgumentException($"{field} has no memory; it must be a view of a tensor or of an ILGPU buffer.", name),
            { IsDisposed: true } => new ObjectDisposedException(name, $"{field} is of memory that is disposed."),
            _ => new ArgumentException(
                $"{field} is on {DeviceChecks.Other(buffer.Accelerator)}; it must be on {DeviceChecks.Own(device)}.", name),
        };
    }

    // ILGPU's own structs, its views above all, have passed its own checks.
    [UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "Structs keep their fields, which are their layout.")]
    private static FieldInfo? Find(Type type, Func<Type, bool> isWanted)
    {
        if (type.IsPrimitive || type.IsEnum || type.IsPointer || type.Assembly == typeof(Context).Assembly)
            return null;
        FieldInfo[] fields = type.GetFields(Fields);
        return fields.FirstOrDefault(field => isWanted(field.FieldType))
            ?? fields.Where(field => field.FieldType.IsValueType).Select(field => Find(field.FieldType, isWanted))
                .FirstOrDefault(found => found is not null);
    }

    private static string Refusal(FieldInfo field) =>
        $"The struct {KernelTypes.Name(typeof(TVariant))} cannot go to a device: its field '{SourceName(field)}' of " +
        field.DeclaringType!.Name;

    // The compiler names the field of a property <Name>k__BackingField, and that of a parameter of the struct <name>P.
    private static string SourceName(FieldInfo field) => field.Name.StartsWith('<') ? field.Name[1..field.Name.IndexOf('>')] : field.Name;
}
