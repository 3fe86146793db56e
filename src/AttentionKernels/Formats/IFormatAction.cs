namespace AttentionKernels.Formats;

/// <summary>What is done for a format as a type.</summary>
internal interface IFormatAction
{
    /// <summary>Does it.</summary>
    /// <typeparam name="T">What the host sees of a unit of memory.</typeparam>
    /// <typeparam name="TFormat">What kernels see of it.</typeparam>
    void Invoke<T, TFormat>()
        where T : unmanaged
        where TFormat : unmanaged, IWritableFormat<TFormat>;
}
