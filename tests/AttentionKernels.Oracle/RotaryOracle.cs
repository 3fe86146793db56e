using System.Numerics;

namespace AttentionKernels.Oracle;

/// <summary>
/// Rotary embedding by its definition: pair p of a head is rotated by the angle position · θₚ, and multiplied by a factor. Dense host arrays
/// [tokens, heads, headDim]; dimensions beyond the rotary ones stay as they are.
/// </summary>
/// <param name="Frequencies">θ, one a pair.</param>
/// <param name="IsInterleaved">Whether the elements of a pair are neighbours.</param>
internal sealed record RotaryOracle(double[] Frequencies, bool IsInterleaved)
{
    /// <summary>What rotated elements are multiplied by.</summary>
    public double Factor { get; init; } = 1;

    /// <summary>The frequencies base^(−2p / rotaryDim).</summary>
    public static RotaryOracle OfBase(double rotaryBase, int rotaryDimension, bool isInterleaved) => new(
        [.. Enumerable.Range(0, rotaryDimension / 2).Select(pair => Math.Pow(rotaryBase, -2.0 * pair / rotaryDimension))], isInterleaved);

    /// <summary>R: everything in fp64.</summary>
    public double[] Compute(float[] input, int[] positions, int heads, int headDimension) =>
        Rotate<double>([.. input.Select(element => (double)element)], positions, heads, headDimension);

    /// <summary>N: cosine and sine computed in fp64 and rounded to fp32, as tables are; the rotation in fp32.</summary>
    public float[] Sequential(float[] input, int[] positions, int heads, int headDimension) =>
        Rotate<float>(input, positions, heads, headDimension);

    private T[] Rotate<T>(T[] input, int[] positions, int heads, int headDimension)
        where T : struct, IFloatingPoint<T>
    {
        T[] output = [.. input];
        int pairs = Frequencies.Length;
        Parallel.For(0, positions.Length, token =>
        {
            for (int pair = 0; pair < pairs; pair++)
            {
                double angle = positions[token] * Frequencies[pair];
                T cosine = T.CreateChecked(Factor * Math.Cos(angle));
                T sine = T.CreateChecked(Factor * Math.Sin(angle));
                for (int head = 0; head < heads; head++)
                {
                    int first = (((token * heads) + head) * headDimension) + (IsInterleaved ? 2 * pair : pair);
                    int second = first + (IsInterleaved ? 1 : pairs);
                    output[first] = (input[first] * cosine) - (input[second] * sine);
                    output[second] = (input[first] * sine) + (input[second] * cosine);
                }
            }
        });

        return output;
    }
}
