using System.Numerics;

namespace AttentionKernels.Oracle;

/// <summary>
/// Rotary embedding by its definition: pair p of a head is rotated by the angle position · base^(−2p / rotaryDim). Dense host arrays
/// [tokens, heads, headDim]; dimensions beyond the rotary ones stay as they are.
/// </summary>
internal static class RotaryOracle
{
    /// <summary>R: everything in fp64.</summary>
    public static double[] Compute(
        float[] input, int[] positions, int heads, int headDimension, int rotaryDimension, double theta, bool interleaved) =>
        Rotate<double>([.. input.Select(element => (double)element)], positions, heads, headDimension, rotaryDimension, theta, interleaved);

    /// <summary>N: cosine and sine computed in fp64 and rounded to fp32, as tables are; the rotation in fp32.</summary>
    public static float[] Sequential(
        float[] input, int[] positions, int heads, int headDimension, int rotaryDimension, double theta, bool interleaved) =>
        Rotate<float>(input, positions, heads, headDimension, rotaryDimension, theta, interleaved);

    private static T[] Rotate<T>(
        T[] input, int[] positions, int heads, int headDimension, int rotaryDimension, double theta, bool interleaved)
        where T : struct, IFloatingPoint<T>
    {
        T[] output = [.. input];
        int pairs = rotaryDimension / 2;
        Parallel.For(0, positions.Length, token =>
        {
            for (int pair = 0; pair < pairs; pair++)
            {
                double angle = positions[token] * Math.Pow(theta, -2.0 * pair / rotaryDimension);
                T cosine = T.CreateChecked(Math.Cos(angle));
                T sine = T.CreateChecked(Math.Sin(angle));
                for (int head = 0; head < heads; head++)
                {
                    int first = (((token * heads) + head) * headDimension) + (interleaved ? 2 * pair : pair);
                    int second = first + (interleaved ? 1 : pairs);
                    output[first] = (input[first] * cosine) - (input[second] * sine);
                    output[second] = (input[first] * sine) + (input[second] * cosine);
                }
            }
        });

        return output;
    }
}
