namespace AttentionKernels.Formats;

/// <summary>
/// Two whole numbers from −7 to 7, times a scale: each plus 8, the first in the lower half of the byte. Integers have no NaN: under a scale
/// that is a number, it becomes 0.
/// </summary>
internal readonly struct StoredInt4(byte bits) : IFormat<StoredInt4>
{
    /// <summary>What is added to a number to store it.</summary>
    public const int Bias = 8;

    private readonly byte _bits = bits;

    public static int PerUnit => 2;

    public static bool IsScaled => true;

    public static float Largest => 7f;

    public static float Widen(StoredInt4 unit, int place) => ((unit._bits >> (4 * place)) & 15) - Bias;

    public static StoredInt4 Narrow(float first, float second) =>
        new((byte)((WholeNumber.Nearest(first, Largest) + Bias) | ((WholeNumber.Nearest(second, Largest) + Bias) << 4)));
}
