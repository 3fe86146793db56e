using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Reflection;
using AttentionKernels.Devices;
using ILGPU;

namespace AttentionKernels.Export;

/// <summary>How a kernel's argument lies in bytes: fields in their order, each at the next multiple of its own alignment.</summary>
/// <remarks>
/// So ILGPU passes structs, and so C lays them out. A view is 16 bytes, see <see cref="ArgumentField"/>; a struct without fields is one
/// byte, as it is in .NET.
/// </remarks>
internal sealed class ArgumentLayout
{
    private const BindingFlags Fields = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;
    private const int ViewSize = 2 * sizeof(long);

    private readonly MemoryNumbers _memory;
    private readonly KernelLanguage _language;
    private readonly List<ArgumentField> _fields = [];
    private readonly List<byte> _bytes = [];

    private ArgumentLayout(MemoryNumbers memory, KernelLanguage language)
    {
        _memory = memory;
        _language = language;
    }

    /// <summary>The parameter that an argument is.</summary>
    public static KernelParameter Of(string name, object argument, KernelLanguage language, MemoryNumbers memory)
    {
        var layout = new ArgumentLayout(memory, language);
        layout.Add(name, "", argument, isInput: false);
        return new KernelParameter(name)
        {
            Value = layout._bytes.ToArray(),
            Alignment = AlignmentOf(argument.GetType()),
            Fields = layout._fields,
        };
    }

    // The path is empty for the argument itself, whose name fields go without.
    private void Add(string name, string path, object value, bool isInput)
    {
        Type type = value.GetType();
        int alignment = AlignmentOf(type);
        Pad(alignment);
        int start = _bytes.Count;
        if (value is IContiguousArrayView view)
        {
            MemoryRange memory = _memory.Of(view, isInput);
            string element = TypeName(type.GenericTypeArguments[0]);
            _fields.Add(new(path.Length == 0 ? name : path, $"view of {element}", start, ViewSize) { Memory = memory });
            _bytes.AddRange(BitConverter.GetBytes(_language == KernelLanguage.OpenClC && memory.Buffer >= 0 ? view.Index : 0L));
            _bytes.AddRange(BitConverter.GetBytes(memory.Length));
        }
        else if (type.IsEnum || type.IsPrimitive)
        {
            object number = type.IsEnum ? Convert.ChangeType(value, Enum.GetUnderlyingType(type), CultureInfo.InvariantCulture) : value;
            byte[] bytes = Bytes(number);
            _fields.Add(new(path.Length == 0 ? name : path, TypeName(number.GetType()), start, bytes.Length) { Number = number });
            _bytes.AddRange(bytes);
        }
        else
        {
            foreach (FieldInfo field in FieldsOf(type))
            {
                string inner = path.Length == 0 ? FieldName(field) : $"{path}.{FieldName(field)}";
                Add(name, inner, field.GetValue(value)!, isInput || field.IsDefined(typeof(KernelInputAttribute)));
            }

            if (_bytes.Count == start)
                _bytes.Add(0);
            Pad(alignment);
        }
    }

    private void Pad(int alignment)
    {
        while (_bytes.Count % alignment != 0)
            _bytes.Add(0);
    }

    private static int AlignmentOf(Type type) =>
        typeof(IContiguousArrayView).IsAssignableFrom(type) ? sizeof(long)
        : type.IsEnum ? AlignmentOf(Enum.GetUnderlyingType(type))
        : type.IsPrimitive ? Bytes(Convert.ChangeType(0, type, CultureInfo.InvariantCulture)).Length
        : FieldsOf(type).Select(field => AlignmentOf(field.FieldType)).DefaultIfEmpty(1).Max();

    [UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "Structs keep their fields, which are their layout.")]
    private static IEnumerable<FieldInfo> FieldsOf(Type type) => type.GetFields(Fields).OrderBy(field => field.MetadataToken);

    // A property's field has a name for machines.
    private static string FieldName(FieldInfo field) =>
        field.Name.Split('<', '>') is [_, { Length: > 0 } property, ..] ? property : field.Name;

    private static byte[] Bytes(object number) => number switch
    {
        byte value => [value],
        sbyte value => [(byte)value],
        short value => BitConverter.GetBytes(value),
        ushort value => BitConverter.GetBytes(value),
        int value => BitConverter.GetBytes(value),
        uint value => BitConverter.GetBytes(value),
        long value => BitConverter.GetBytes(value),
        ulong value => BitConverter.GetBytes(value),
        float value => BitConverter.GetBytes(value),
        double value => BitConverter.GetBytes(value),
        _ => throw new NotSupportedException($"Kernels take no numbers of type {number.GetType().Name}."),
    };

    private static string TypeName(Type type) => type.Name switch
    {
        nameof(Byte) => "uint8",
        nameof(SByte) => "int8",
        nameof(Single) => "float32",
        nameof(Double) => "float64",
        _ => type.IsPrimitive ? type.Name.ToLowerInvariant() : KernelTypes.Name(type),
    };
}
