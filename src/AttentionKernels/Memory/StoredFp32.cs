namespace AttentionKernels.Memory;

/// <summary>fp32: stored as it is.</summary>
internal readonly struct StoredFp32(float value) : IElement<StoredFp32>
{
    private readonly float _value = value;

    public static float Widen(StoredFp32 stored) => stored._value;

    public static StoredFp32 Narrow(float value) => new(value);
}
