namespace AttentionKernels.Formats;

/// <summary>A whole number from −127 to 127, times a scale. Integers have no NaN: under a scale that is a number, it becomes 0.</summary>
internal readonly struct StoredInt8(sbyte number) : IFormat<StoredInt8>
{
    private readonly sbyte _number = number;

    public static int PerUnit => 1;

    public static bool IsScaled => true;

    public static float Largest => 127f;

    public static float Widen(StoredInt8 unit, int place) => unit._number;

    public static StoredInt8 Narrow(float first, float second) => new((sbyte)WholeNumber.Nearest(first, Largest));
}
