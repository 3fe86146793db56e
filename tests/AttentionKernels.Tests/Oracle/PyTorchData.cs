using System.Globalization;
using AttentionKernels.Oracle.PyTorch;
using Xunit;

namespace AttentionKernels.Tests.Oracle;

/// <summary>PyTorch's results, which stand in PyTorch.tsv, copied beside the tests: they also run without a repository above them.</summary>
/// <remarks>
/// <c>dotnet run -c Release --project bench/AttentionKernels.Peers -- --record-pytorch tests/AttentionKernels.Tests/Oracle/PyTorch.tsv</c>
/// </remarks>
internal static class PyTorchData
{
    // Both sides round in fp32 after each of a handful of operations, on numbers as large as the inputs or the result; sums have 200 terms
    // at most. On processors they differ by 3 such units; another device's exponent or root may be rounded less exactly.
    private const double UnitsOfScale = 8;

    /// <summary>The tensors by name.</summary>
    public static IReadOnlyDictionary<string, float[]> Results { get; } =
        PyTorchResults.Read(Path.Combine(AppContext.BaseDirectory, "Oracle", "PyTorch.tsv"));

    /// <summary>Fails where a result is further from PyTorch's than a few fp32 ulp of the largest number that is rounded.</summary>
    /// <param name="result">The result.</param>
    /// <param name="name">What names PyTorch's.</param>
    /// <param name="largestOperand">What sums begin with, which may cancel in them.</param>
    public static void Verify(float[] result, string name, float largestOperand) =>
        Verify(Array.ConvertAll(result, element => (double)element), name, largestOperand);

    /// <summary>The same of a result in fp64.</summary>
    public static void Verify(double[] result, string name, float largestOperand)
    {
        float[] expected = Results[name];
        float scale = expected.Select(MathF.Abs).Append(largestOperand).Max();
        double bound = UnitsOfScale * (MathF.BitIncrement(scale) - scale);
        (int worst, double error) = ErrorBound.Largest(expected, result);
        if (!(error <= bound))
        {
            Assert.Fail(string.Create(
                CultureInfo.InvariantCulture,
                $"{name}: element {worst} is {result[worst]:G9}; PyTorch's is {expected[worst]:G9}, and the bound is {bound:G3}."));
        }
    }
}
