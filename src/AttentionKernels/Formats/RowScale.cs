using ILGPU;

namespace AttentionKernels.Formats;

/// <summary>How the numbers of a row are quantised under a scale that is found from them: stored = round(x / scale), with the scale
/// max |x| / the largest number that can be stored. A row of zeros has the scale 1; a NaN or an infinity becomes the scale, and so shows in
/// all of its row.</summary>
internal static class RowScale
{
    /// <summary>The scale of a row.</summary>
    /// <param name="largest">The largest magnitude.</param>
    /// <param name="largestStored">The largest number that can be stored.</param>
    public static float Of(float largest, float largestStored)
    {
        // 2⁻¹²⁶, the smallest fp32 number that devices do not flush to 0. A subnormal quotient could be 0, and divide 0 by 0; NaN is not
        // less than anything, and stays.
        const float SmallestNormal = 1.17549435e-38f;
        float scale = largest / largestStored;
        return largest == 0f ? 1f : scale < SmallestNormal ? SmallestNormal : scale;
    }

    /// <summary>The bits of a number's magnitude, which are in the order of magnitudes: NaN is larger than any number.</summary>
    public static uint Magnitude(float number) => Interop.FloatAsInt(number) & int.MaxValue;
}
