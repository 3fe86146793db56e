namespace AttentionKernels.Formats;

/// <summary>Numbers that query and output can be stored as: one a unit, without a scale.</summary>
/// <typeparam name="TSelf">The stored number itself.</typeparam>
internal interface IElement<TSelf> : IWritableFormat<TSelf>
    where TSelf : unmanaged, IElement<TSelf>
{
    /// <summary>The number in fp32, exactly; infinities and NaN stay what they are.</summary>
    static abstract float Widen(TSelf stored);

    /// <summary>The nearest number that can be stored, of two the even one; infinities and NaN stay what they are.</summary>
    static abstract TSelf Narrow(float value);

    /// <summary>target[i] = source[i], rounded as by the scalar form.</summary>
    static abstract void Narrow(ReadOnlySpan<float> source, Span<TSelf> target);

    /// <summary>OpenCL C: a statement that stores a number behind a pointer, rounded as by the scalar form.</summary>
    static abstract string OpenClStore(string value, string index, string pointer);

    /// <summary>What PTX calls the type as a factor of tensor cores (mma), of 16 bits with sums in fp32; empty where it is none.</summary>
    static virtual string MmaType => "";

    /// <summary>Tensor cores: two ones, packed, a factor that sums up.</summary>
    static virtual uint PackedOnes => 0;

    /// <inheritdoc/>
    static int IFormat<TSelf>.PerUnit => 1;

    /// <inheritdoc/>
    static ScalePlace IFormat<TSelf>.Scale => ScalePlace.None;

    /// <inheritdoc/>
    static float IFormat<TSelf>.Widen(TSelf unit, int place) => TSelf.Widen(unit);

    /// <inheritdoc/>
    static TSelf IWritableFormat<TSelf>.Narrow(float first, float second) => TSelf.Narrow(first);
}
