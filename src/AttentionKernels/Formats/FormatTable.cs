namespace AttentionKernels.Formats;

/// <summary>What there is for each format that tensors can have, in some variants. Threads that miss an entry at the same moment may each
/// make it, and one of them is kept.</summary>
/// <param name="variants">How many variants there are.</param>
internal sealed class FormatTable<T>(int variants)
{
    private readonly T?[] _entries = new T?[3 * variants];

    /// <summary>The entry of a format and a variant.</summary>
    public ref T? this[NumberFormat format, int variant] => ref _entries[
        (variants * (format == NumberFormat.Float32 ? 0 : format == NumberFormat.Float16 ? 1 : 2)) + variant];
}
