namespace AttentionKernels.MicroKernels;

/// <summary>Policy type: β in C = A·B + β·C.</summary>
internal interface IBeta
{
    /// <summary>Whether it is nothing: the target is written only, whatever it holds. Otherwise each lane has its factor.</summary>
    static abstract bool IsZero { get; }
}

/// <summary>The target is overwritten.</summary>
internal readonly struct ZeroBeta : IBeta
{
    public static bool IsZero => true;
}

/// <summary>Each lane of the target is taken times a factor.</summary>
internal readonly struct LaneBeta : IBeta
{
    public static bool IsZero => false;
}
