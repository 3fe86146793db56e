namespace AttentionKernels.Formats;

/// <summary>An fp8 number that is known to be finite, which vectors of them become fp32 faster by.</summary>
internal readonly struct FiniteFp8E4M3(StoredFp8E4M3 stored) : IFormat<FiniteFp8E4M3>
{
    private readonly StoredFp8E4M3 _stored = stored;

    public static int PerUnit => 1;

    public static bool IsScaled => true;

    public static float Largest => StoredFp8E4M3.Largest;

    public static float Widen(FiniteFp8E4M3 unit, int place) => StoredFp8E4M3.Widen(unit._stored, place);

    public static FiniteFp8E4M3 Narrow(float first, float second) => new(StoredFp8E4M3.Narrow(first, second));
}
