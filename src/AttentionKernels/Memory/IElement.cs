namespace AttentionKernels.Memory;

/// <summary>How a number lies in memory, as a compile-time choice of kernels; they compute in fp32.</summary>
/// <typeparam name="TSelf">The stored number itself.</typeparam>
internal interface IElement<TSelf>
    where TSelf : unmanaged, IElement<TSelf>
{
    /// <summary>The number in fp32, exactly; infinities and NaN stay what they are.</summary>
    static abstract float Widen(TSelf stored);

    /// <summary>The nearest number that can be stored, of two the even one; infinities and NaN stay what they are.</summary>
    static abstract TSelf Narrow(float value);
}
