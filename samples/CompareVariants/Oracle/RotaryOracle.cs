using System.Numerics;

namespace AttentionKernels.Samples.CompareVariants.Oracle;

/// <summary>Rotary embedding by its definition, in any precision; the angles' cosines and sines are rounded to it.</summary>
internal static class RotaryOracle
{
    /// <summary>Turns every head of [tokens, heads, headDim], where a token's index is its position.</summary>
    public static T[] Rotate<T>(float[] input, int heads, int headDimension, RotaryStyle style)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        int pairs = headDimension / 2;
        var output = new T[input.Length];
        Parallel.For(0, input.Length / heads / headDimension, token =>
        {
            for (int pair = 0; pair < pairs; pair++)
            {
                (double sin, double cos) = Math.SinCos(token * Math.Pow(RotaryTable.DefaultBase, -2.0 * pair / headDimension));
                (T sine, T cosine) = (T.CreateTruncating(sin), T.CreateTruncating(cos));
                (int first, int second) = style == RotaryStyle.Interleaved ? (2 * pair, 2 * pair + 1) : (pair, pair + pairs);
                for (int head = 0; head < heads; head++)
                {
                    int start = (token * heads + head) * headDimension;
                    (T a, T b) = (T.CreateTruncating(input[start + first]), T.CreateTruncating(input[start + second]));
                    output[start + first] = a * cosine - b * sine;
                    output[start + second] = a * sine + b * cosine;
                }
            }
        });
        return output;
    }
}
