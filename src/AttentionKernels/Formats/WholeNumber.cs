using ILGPU;
using ILGPU.Util;

namespace AttentionKernels.Formats;

/// <summary>Rounding to whole numbers in kernels, the same on every backend.</summary>
internal static class WholeNumber
{
    // 1.5·2²³: added to a number of at most 2²², it leaves the nearest whole number, of two the even one, in the lowest bits.
    private const float Shift = 12582912f;
    private const int ShiftBits = 0x4B40_0000;

    /// <summary>The nearest whole number of at most <paramref name="largest"/> ≤ 2²² either side of 0, of two the even one; 0 for
    /// NaN.</summary>
    public static int Nearest(float value, float largest)
    {
        float limited = Utilities.Select(value > largest, largest, Utilities.Select(value < -largest, -largest, value));
        int nearest = (int)Interop.FloatAsInt(limited + Shift) - ShiftBits;
        return Utilities.Select(float.IsNaN(value), 0, nearest);
    }
}
