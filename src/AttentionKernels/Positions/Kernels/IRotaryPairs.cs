namespace AttentionKernels.Positions.Kernels;

/// <summary>Policy type: which two elements of a head are rotated as a pair.</summary>
internal interface IRotaryPairs
{
    /// <summary>The first element of a pair.</summary>
    static abstract int First(int pair, int rotaryDimension);

    /// <summary>The second element of a pair.</summary>
    static abstract int Second(int pair, int rotaryDimension);

    /// <summary>Whether the elements of a pair are neighbours.</summary>
    static abstract bool AreNeighbours { get; }

    /// <summary>The pair of an element within the rotary dimension.</summary>
    static abstract int Pair(int element, int rotaryDimension);
}

/// <summary>Element i with element i + rotaryDim/2.</summary>
internal readonly struct HalfSplitPairs : IRotaryPairs
{
    public static bool AreNeighbours => false;

    public static int First(int pair, int rotaryDimension) => pair;

    public static int Second(int pair, int rotaryDimension) => pair + (rotaryDimension / 2);

    public static int Pair(int element, int rotaryDimension) =>
        element < rotaryDimension / 2 ? element : element - (rotaryDimension / 2);
}

/// <summary>Element 2i with element 2i + 1.</summary>
internal readonly struct InterleavedPairs : IRotaryPairs
{
    public static bool AreNeighbours => true;

    public static int First(int pair, int rotaryDimension) => 2 * pair;

    public static int Second(int pair, int rotaryDimension) => (2 * pair) + 1;

    public static int Pair(int element, int rotaryDimension) => element / 2;
}
