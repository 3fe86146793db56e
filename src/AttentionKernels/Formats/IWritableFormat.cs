namespace AttentionKernels.Formats;

/// <summary>A format whose units hold so few numbers that a kernel can store them one by one: those that pages can have.</summary>
/// <typeparam name="TSelf">A unit of memory.</typeparam>
internal interface IWritableFormat<TSelf> : IFormat<TSelf>
    where TSelf : unmanaged, IWritableFormat<TSelf>
{
    /// <summary>The largest number that can be stored: what a scale brings the largest of a row to.</summary>
    static abstract float Largest { get; }

    /// <summary>
    /// A unit of the nearest numbers that can be stored, of two the even one. Where a unit holds one number, the second is not used.
    /// </summary>
    static abstract TSelf Narrow(float first, float second);

    /// <summary>target[i] = source[i], rounded as by the scalar form; of formats with one number a unit.</summary>
    static virtual void Narrow(ReadOnlySpan<float> source, Span<TSelf> target)
    {
        for (int index = 0; index < source.Length; index++)
            target[index] = TSelf.Narrow(source[index], 0f);
    }
}
