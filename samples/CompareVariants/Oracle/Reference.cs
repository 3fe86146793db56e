using System.Numerics;
using System.Numerics.Tensors;

namespace AttentionKernels.Samples.CompareVariants.Oracle;

/// <summary>What a result has to be, and how far from it rounding may lead.</summary>
/// <remarks>
/// The bound is 2·max|N − R| + 10⁻⁶·scale, where R is the definition in fp64 and N the same loops in fp32, one rounding after the other:
/// a kernel may sum in another order, but it has to be about as good.
/// </remarks>
/// <param name="Expected">R, last dimension innermost.</param>
/// <param name="Bound">The largest difference that is allowed.</param>
internal sealed record Reference(double[] Expected, double Bound)
{
    /// <summary>Makes a reference.</summary>
    /// <param name="expected">R.</param>
    /// <param name="plain">N.</param>
    /// <param name="scale">The largest magnitude of what the operation averages or scales.</param>
    public static Reference Of(double[] expected, ReadOnlySpan<float> plain, double scale) =>
        new(expected, 2 * LargestDifference(plain, expected) + 1e-6 * scale);

    /// <summary>max|O − R|; NaN where the result has one.</summary>
    public double ErrorOf(ReadOnlySpan<float> result) => LargestDifference(result, Expected);

    /// <summary>The largest magnitude of some elements.</summary>
    public static double Magnitude<T>(T[] elements)
        where T : INumber<T> =>
        elements.Length == 0 ? 0 : double.CreateTruncating(T.Abs(TensorPrimitives.MaxMagnitude<T>(elements)));

    private static double LargestDifference(ReadOnlySpan<float> result, ReadOnlySpan<double> expected)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(result.Length, expected.Length);
        double largest = 0;
        for (int index = 0; index < result.Length; index++)
            largest = Math.Max(largest, Math.Abs(result[index] - expected[index]));
        return largest;
    }
}
