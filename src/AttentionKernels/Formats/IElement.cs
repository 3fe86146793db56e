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

    /// <summary>Tensor cores: how many fp16 numbers add up to a number, but for what lies 2³⁸ below the largest of its row.</summary>
    static virtual int HalfTerms => 2;

    /// <summary>Tensor cores: how many bf16 numbers add up to a number exactly.</summary>
    static virtual int BFloat16Terms => 3;

    /// <inheritdoc/>
    static int IFormat<TSelf>.PerUnit => 1;

    /// <inheritdoc/>
    static ScalePlace IFormat<TSelf>.Scale => ScalePlace.None;

    /// <inheritdoc/>
    static float IFormat<TSelf>.Widen(TSelf unit, int place) => TSelf.Widen(unit);

    /// <inheritdoc/>
    static TSelf IWritableFormat<TSelf>.Narrow(float first, float second) => TSelf.Narrow(first);
}
