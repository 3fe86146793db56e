using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using AttentionKernels.Simd;

namespace AttentionKernels.Formats;

/// <summary>An <see cref="IFormat{TSelf}"/> as an object, for those who know it as a value: its sizes, and its loads and stores as OpenCL
/// C.</summary>
internal abstract class ElementText
{
    /// <summary>Numbers of what a pointer points to.</summary>
    public abstract int PerUnit { get; }

    /// <summary>Bytes of what a pointer points to.</summary>
    public abstract int UnitBytes { get; }

    /// <inheritdoc cref="IElement{TSelf}.IsSingle"/>
    public virtual bool IsSingle => false;

    /// <inheritdoc cref="IFormat{TSelf}.PerWord"/>
    public abstract int PerWord { get; }

    /// <summary>The text of a format.</summary>
    [UnconditionalSuppressMessage("Trimming", "IL2071", Justification = "The package roots this assembly: its formats keep their members.")]
    [UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "The package roots this assembly: structs keep their interfaces.")]
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = "Kernels are compiled when the program runs, so code can be.")]
    public static ElementText Of(Type format)
    {
        bool isStorable = format.GetInterfaces()
            .Any(contract => contract.IsGenericType && contract.GetGenericTypeDefinition() == typeof(IElement<>));
        Type text = isStorable ? typeof(StorableText<>) : typeof(FormatText<>);
        return (ElementText)Activator.CreateInstance(text.MakeGenericType(format))!;
    }

    /// <summary>A statement that prefetches the lines of so many numbers of the row behind a pointer.</summary>
    public string PrefetchRow(string pointer, string count)
    {
        int perLine = Math.Max(1, Prefetch.LineBytes / UnitBytes) * PerUnit;
        string line = Prefetch.OpenCl($"{pointer} + {(PerUnit == 1 ? "i" : $"i / {PerUnit}")}");
        return $"for (int i = 0; i < {count}; i += {perLine}) {{ {line} }}";
    }

    /// <summary>A vector of numbers of the row behind a pointer, from a number on that is a multiple of the lanes, in fp32.</summary>
    public abstract string Load(int lanes, string pointer, string first);

    /// <summary>A single number of the row behind a pointer, in fp32.</summary>
    public abstract string Load(string pointer, string number);

    /// <summary>A statement that stores a number, rounded to nearest even; of those that query and output can be stored as.</summary>
    public abstract string Store(string value, string index, string pointer);

    /// <summary>A statement that stores a vector behind a pointer, likewise.</summary>
    public abstract string Store(int lanes, string vector, string pointer);

    private class FormatText<TFormat> : ElementText
        where TFormat : unmanaged, IFormat<TFormat>
    {
        public override int PerUnit => TFormat.PerUnit;

        public override int UnitBytes => Unsafe.SizeOf<TFormat>();

        public override int PerWord => TFormat.PerWord;

        public override string Load(int lanes, string pointer, string first) => TFormat.OpenClLoad(lanes, pointer, first);

        public override string Load(string pointer, string number) => TFormat.OpenClLoad(pointer, number);

        public override string Store(string value, string index, string pointer) => throw CannotStore();

        public override string Store(int lanes, string vector, string pointer) => throw CannotStore();

        private static NotSupportedException CannotStore() =>
            new($"{typeof(TFormat).Name} is not an {nameof(IElement<>)}: OpenCL C cannot store it.");
    }

    private sealed class StorableText<TElement> : FormatText<TElement>
        where TElement : unmanaged, IElement<TElement>
    {
        public override bool IsSingle => TElement.IsSingle;

        public override string Store(string value, string index, string pointer) => TElement.OpenClStore(value, index, pointer);

        public override string Store(int lanes, string vector, string pointer) => TElement.OpenClStore(lanes, vector, pointer);
    }
}
