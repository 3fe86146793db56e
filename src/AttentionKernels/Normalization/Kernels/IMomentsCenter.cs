namespace AttentionKernels.Normalization.Kernels;

/// <summary>Policy type: what moments are taken about.</summary>
internal interface IMomentsCenter
{
    /// <summary>Whether that is the mean, and not zero.</summary>
    static abstract bool IsMean { get; }

    /// <summary>Whether mean and variance are given, not those of the values.</summary>
    static virtual bool IsGiven => false;

    /// <summary>How far, squared and in variances, the mean may be from the pivot of a first pass without a second; of no interest about
    /// zero.</summary>
    static abstract float LargestOffset { get; }
}

/// <summary>About zero, for x / √(mean(x²) + ε).</summary>
internal readonly struct AboutZero : IMomentsCenter
{
    public static bool IsMean => false;

    public static float LargestOffset => 0f;
}

/// <summary>About the mean, for what is normalised by it: five roundings more in the variance do no harm.</summary>
internal readonly struct AboutMean : IMomentsCenter
{
    public static bool IsMean => true;

    public static float LargestOffset => 4f;
}

/// <summary>About the mean, always with a pivot next to it, as where the variance is a result itself.</summary>
internal readonly struct AboutExactMean : IMomentsCenter
{
    public static bool IsMean => true;

    public static float LargestOffset => 0f;
}

/// <summary>About a running mean, which does not move with the values.</summary>
internal readonly struct AboutRunningMean : IMomentsCenter
{
    public static bool IsMean => true;

    public static bool IsGiven => true;

    public static float LargestOffset => 0f;
}
