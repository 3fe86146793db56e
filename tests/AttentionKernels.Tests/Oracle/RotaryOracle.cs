using System.Numerics;

namespace AttentionKernels.Tests.Oracle;

/// <summary>
/// Rotary embedding by its definition: pair p of a head turns by position · base^(−2p / rotaryDim). Dense host arrays
/// [tokens, heads, headDim]; dimensions beyond the rotary ones stay as they are.
/// </summary>
internal static class RotaryOracle
{
    /// <summary>R: everything in fp64.</summary>
    public static double[] Compute(float[] input, int[] positions, int heads, int headDimension, int rotaryDimension, double theta, bool interleaved) =>
        Rotate<double>([.. input.Select(element => (double)element)], positions, heads, headDimension, rotaryDimension, theta, interleaved);

    /// <summary>N: cosine and sine computed in fp64 and rounded to fp32, as tables are; the rotation in fp32.</summary>
    public static float[] Sequential(float[] input, int[] positions, int heads, int headDimension, int rotaryDimension, double theta, bool interleaved) =>
        Rotate<float>(input, positions, heads, headDimension, rotaryDimension, theta, interleaved);

    private static T[] Rotate<T>(T[] input, int[] positions, int heads, int headDimension, int rotaryDimension, double theta, bool interleaved)
        where T : struct, IFloatingPoint<T>
    {
        T[] output = [.. input];
        int pairs = rotaryDimension / 2;
        for (int row = 0; row < positions.Length * heads; row++)
        {
            for (int pair = 0; pair < pairs; pair++)
            {
                double angle = positions[row / heads] * Math.Pow(theta, -2.0 * pair / rotaryDimension);
                T cosine = T.CreateChecked(Math.Cos(angle));
                T sine = T.CreateChecked(Math.Sin(angle));
                int first = (row * headDimension) + (interleaved ? 2 * pair : pair);
                int second = first + (interleaved ? 1 : pairs);
                output[first] = (input[first] * cosine) - (input[second] * sine);
                output[second] = (input[first] * sine) + (input[second] * cosine);
            }
        }

        return output;
    }
}
