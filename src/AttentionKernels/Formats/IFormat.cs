namespace AttentionKernels.Formats;

/// <summary>
/// How numbers lie in memory, as a compile-time choice of kernels, which compute in fp32. A unit of memory holds one number or, where
/// numbers are smaller than a byte, several.
/// </summary>
/// <typeparam name="TSelf">A unit of memory.</typeparam>
internal interface IFormat<TSelf>
    where TSelf : unmanaged, IFormat<TSelf>
{
    /// <summary>Numbers of a unit.</summary>
    static abstract int PerUnit { get; }

    /// <summary>Whether a number is the product of what is stored and a scale that is stored apart.</summary>
    static abstract bool IsScaled { get; }

    /// <summary>The largest number that can be stored: what a scale brings the largest of a row to.</summary>
    static abstract float Largest { get; }

    /// <summary>The number at a place of a unit in fp32, exactly; infinities and NaN stay what they are.</summary>
    static abstract float Widen(TSelf unit, int place);

    /// <summary>
    /// A unit of the nearest numbers that can be stored, of two the even one. Where a unit holds one number, the second is not used.
    /// </summary>
    static abstract TSelf Narrow(float first, float second);
}
