using System.Globalization;
using AttentionKernels.Tests.Infrastructure;
using Xunit;

namespace AttentionKernels.Tests.Oracle;

/// <summary>The rule for norms whose results are rounded as they are stored: each is what a number within the bound of fp32 results becomes.</summary>
internal static class RoundedNorm
{
    /// <summary>Narrow(R − b) ≤ O ≤ Narrow(R + b), with b the bound of <see cref="ErrorBound.OfNorm"/>.</summary>
    public static void Verify<T>(StoredType<T> type, T[] result, double[] oracle)
        where T : unmanaged
    {
        double bound = ErrorBound.OfNorm(oracle);
        Assert.Equal(oracle.Length, result.Length);
        for (int index = 0; index < result.Length; index++)
        {
            float stored = type.Widen(result[index]);
            float least = type.Widen(type.Narrow((float)(oracle[index] - bound)));
            float most = type.Widen(type.Narrow((float)(oracle[index] + bound)));
            if (!(stored >= least && stored <= most))
            {
                Assert.Fail(string.Create(
                    CultureInfo.InvariantCulture, $"Element {index} is {stored:G9}; the oracle's is {oracle[index]:G12}, which is stored as {least:G9} to {most:G9}."));
            }
        }
    }
}
