namespace AttentionKernels.Samples.CompareNormalizations;

/// <summary>How far outputs are apart.</summary>
internal static class Distance
{
    /// <summary>√ of the mean square of the differences.</summary>
    public static double RootMeanSquare(ReadOnlySpan<double> values, ReadOnlySpan<double> expected)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length, expected.Length);
        double squares = 0;
        for (int index = 0; index < values.Length; index++)
            squares += (values[index] - expected[index]) * (values[index] - expected[index]);
        return Math.Sqrt(squares / values.Length);
    }

    /// <summary>√ of the mean square of the differences.</summary>
    public static double RootMeanSquare(float[] values, double[] expected) => RootMeanSquare(Widened(values), expected);

    /// <summary>√ of the mean square of the differences; 0 only where the bits are the same, but for the sign of 0.</summary>
    public static double RootMeanSquare(float[] values, float[] expected) => RootMeanSquare(Widened(values), Widened(expected));

    /// <summary>The distance of each of some outputs from the expected one.</summary>
    public static double?[] RootMeanSquares(float[][] outputs, float[][] expected) =>
        [.. outputs.Zip(expected, (output, other) => (double?)RootMeanSquare(output, other))];

    /// <summary>The distance of each of some statistics from the expected ones.</summary>
    public static double?[] RootMeanSquares(double[][] statistics, double[][] expected) =>
        [.. statistics.Zip(expected, (own, other) => (double?)RootMeanSquare(own, other))];

    /// <summary>The largest difference.</summary>
    public static double Largest(ReadOnlySpan<float> values, ReadOnlySpan<double> expected)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length, expected.Length);
        double largest = 0;
        for (int index = 0; index < values.Length; index++)
            largest = Math.Max(largest, Math.Abs(values[index] - expected[index]));
        return largest;
    }

    private static double[] Widened(float[] values) => Array.ConvertAll(values, value => (double)value);
}
