namespace AttentionKernels.Formats;

/// <summary>fp32: stored as it is.</summary>
internal readonly struct StoredFp32(float value) : IElement<StoredFp32>
{
    private readonly float _value = value;

    public static int PerUnit => 1;

    public static bool IsScaled => false;

    public static float Largest => float.MaxValue;

    public static float Widen(StoredFp32 unit, int place) => Widen(unit);

    public static StoredFp32 Narrow(float first, float second) => Narrow(first);

    public static float Widen(StoredFp32 stored) => stored._value;

    public static StoredFp32 Narrow(float value) => new(value);
}
