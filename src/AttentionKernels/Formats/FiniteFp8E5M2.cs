namespace AttentionKernels.Formats;

/// <summary>An fp8 number that is known to be finite, which vectors of them become fp32 faster by.</summary>
internal readonly struct FiniteFp8E5M2(StoredFp8E5M2 stored) : IFormat<FiniteFp8E5M2>
{
    private readonly StoredFp8E5M2 _stored = stored;

    public static int PerUnit => 1;

    public static bool IsScaled => true;

    public static float Largest => StoredFp8E5M2.Largest;

    public static float Widen(FiniteFp8E5M2 unit, int place) => StoredFp8E5M2.Widen(unit._stored, place);

    public static FiniteFp8E5M2 Narrow(float first, float second) => new(StoredFp8E5M2.Narrow(first, second));
}
