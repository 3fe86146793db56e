namespace AttentionKernels.Formats;

/// <summary>Numbers that query and output can be stored as: one a unit, without a scale.</summary>
/// <typeparam name="TSelf">The stored number itself.</typeparam>
internal interface IElement<TSelf> : IFormat<TSelf>
    where TSelf : unmanaged, IElement<TSelf>
{
    /// <summary>The number in fp32, exactly; infinities and NaN stay what they are.</summary>
    static abstract float Widen(TSelf stored);

    /// <summary>The nearest number that can be stored, of two the even one; infinities and NaN stay what they are.</summary>
    static abstract TSelf Narrow(float value);
}
