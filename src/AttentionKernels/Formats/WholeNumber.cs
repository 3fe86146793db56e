using System.Numerics;
using AttentionKernels.CodeGeneration;
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

    /// <summary>The same of a vector on the managed CPU.</summary>
    public static Vector<int> Nearest(Vector<float> values, float largest)
    {
        Vector<float> limited = Vector.Min(Vector.Max(values, new Vector<float>(-largest)), new Vector<float>(largest));
        return (Vector.AsVectorInt32(limited + new Vector<float>(Shift)) - new Vector<int>(ShiftBits)) & Vector.Equals(values, values);
    }

    /// <summary>The same as OpenCL C, of the operand value: an int, or a vector of so many.</summary>
    public static string OpenClNearest(string lanes, string value, float largest)
    {
        string limit = OpenClText.Literal(largest);
        string nearest = $"as_int{lanes}(clamp({value}, -{limit}, {limit}) + {OpenClText.Literal(Shift)}) - {ShiftBits}";
        return $"select({nearest}, (int{lanes})0, isnan({value}))";
    }
}
