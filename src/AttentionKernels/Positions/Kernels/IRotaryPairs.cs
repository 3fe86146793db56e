namespace AttentionKernels.Positions.Kernels;

/// <summary>Which two elements of a head turn together, as a compile-time choice.</summary>
internal interface IRotaryPairs
{
    /// <summary>The first element of a pair.</summary>
    static abstract int First(int pair, int rotaryDimension);

    /// <summary>The second element of a pair.</summary>
    static abstract int Second(int pair, int rotaryDimension);
}

/// <summary>Element i with element i + rotaryDim/2.</summary>
internal readonly struct HalfSplitPairs : IRotaryPairs
{
    public static int First(int pair, int rotaryDimension) => pair;

    public static int Second(int pair, int rotaryDimension) => pair + (rotaryDimension / 2);
}

/// <summary>Element 2i with element 2i + 1.</summary>
internal readonly struct InterleavedPairs : IRotaryPairs
{
    public static int First(int pair, int rotaryDimension) => 2 * pair;

    public static int Second(int pair, int rotaryDimension) => (2 * pair) + 1;
}
