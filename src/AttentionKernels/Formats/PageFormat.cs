namespace AttentionKernels.Formats;

/// <summary>A format of pages alone: what the host sees of a unit of memory, and what kernels see of it.</summary>
internal sealed class PageFormat<T, TFormat>(string name) : NumberFormat(name, typeof(TFormat))
    where T : unmanaged
    where TFormat : unmanaged, IWritableFormat<TFormat>
{
    internal override void Invoke<TAction>(ref TAction action) => action.Invoke<T, TFormat>();
}
