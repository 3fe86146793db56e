using AttentionKernels.Oracle;

namespace AttentionKernels.Samples.CompareVariants;

/// <summary>What a result has to be, and how far from it rounding may lead.</summary>
/// <param name="Expected">The fp64 oracle's result, last dimension innermost.</param>
/// <param name="Bound">The largest difference that is allowed.</param>
internal sealed record Reference(double[] Expected, double Bound)
{
    /// <summary>Makes the reference of an operation that averages, scales or sums.</summary>
    /// <param name="expected">The fp64 oracle's result.</param>
    /// <param name="sequential">That of a plain fp32 loop: a kernel may sum in another order, but it has to be about as good.</param>
    /// <param name="values">What the results are combinations of.</param>
    public static Reference Of(double[] expected, float[] sequential, float[] values) =>
        new(expected, ErrorBound.Of(expected, sequential, values));

    /// <summary>Makes the reference of a norm.</summary>
    /// <param name="expected">The fp64 oracle's result.</param>
    public static Reference OfNorm(double[] expected) => new(expected, ErrorBound.OfNorm(expected));

    /// <summary>max|O − R|; NaN where one of them is not finite and the other is.</summary>
    public double ErrorOf(ReadOnlySpan<float> result) => ErrorBound.Largest(result, Expected).Error;
}
