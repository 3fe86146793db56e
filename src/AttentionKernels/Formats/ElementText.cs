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

    /// <inheritdoc cref="IFormat{TSelf}.IsSingle"/>
    public abstract bool IsSingle { get; }

    /// <inheritdoc cref="IFormat{TSelf}.PerWord"/>
    public abstract int PerWord { get; }

    /// <summary>The text of a format.</summary>
    [UnconditionalSuppressMessage("Trimming", "IL2071", Justification = "The package roots this assembly: its formats keep their members.")]
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = "Kernels are compiled when the program runs, so code can be.")]
    public static ElementText Of(Type format) =>
        (ElementText)Activator.CreateInstance(typeof(FormatText<>).MakeGenericType(format))!;

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

    /// <summary>A statement that stores a number, rounded to nearest even; of formats that rows are stored in.</summary>
    public abstract string Store(string value, string index, string pointer);

    /// <summary>A statement that stores a vector behind a pointer, likewise.</summary>
    public abstract string Store(int lanes, string vector, string pointer);

    private sealed class FormatText<TFormat> : ElementText
        where TFormat : unmanaged, IFormat<TFormat>
    {
        public override int PerUnit => TFormat.PerUnit;

        public override int UnitBytes => Unsafe.SizeOf<TFormat>();

        public override int PerWord => TFormat.PerWord;

        public override bool IsSingle => TFormat.IsSingle;

        public override string Load(int lanes, string pointer, string first) => TFormat.OpenClLoad(lanes, pointer, first);

        public override string Load(string pointer, string number) => TFormat.OpenClLoad(pointer, number);

        public override string Store(string value, string index, string pointer) => TFormat.OpenClStore(value, index, pointer);

        public override string Store(int lanes, string vector, string pointer) => TFormat.OpenClStore(lanes, vector, pointer);
    }
}
