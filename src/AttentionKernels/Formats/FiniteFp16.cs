namespace AttentionKernels.Formats;

/// <summary>An fp16 number that is known to be finite, which vectors of them become fp32 faster by.</summary>
internal readonly struct FiniteFp16(StoredFp16 stored) : IElement<FiniteFp16>
{
    private readonly StoredFp16 _stored = stored;

    public static int PerUnit => 1;

    public static bool IsScaled => false;

    public static float Largest => StoredFp16.Largest;

    public static float Widen(FiniteFp16 unit, int place) => Widen(unit);

    public static FiniteFp16 Narrow(float first, float second) => Narrow(first);

    public static float Widen(FiniteFp16 stored) => StoredFp16.Widen(stored._stored);

    public static FiniteFp16 Narrow(float value) => new(StoredFp16.Narrow(value));
}
