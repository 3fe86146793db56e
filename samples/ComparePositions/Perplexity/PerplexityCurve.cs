using System.Numerics.Tensors;

namespace AttentionKernels.Samples.ComparePositions.Perplexity;

/// <summary>exp(mean loss) of the tokens in each range of positions, by one scaling.</summary>
/// <param name="Name">The scaling's.</param>
/// <param name="Perplexities">One a range.</param>
internal sealed record PerplexityCurve(string Name, double[] Perplexities)
{
    /// <summary>Computes the curve over several texts.</summary>
    /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
    public static PerplexityCurve Compute(TokenLosses model, Scaling scaling, int[][] texts, PositionRange[] ranges)
    {
        double[] sums = new double[ranges.Length];
        foreach (int[] text in texts)
        {
            double[] losses = scaling.DependsOnLength ? [] : Losses(text, ranges[^1].End);
            for (int index = 0; index < ranges.Length; index++)
            {
                // Where frequencies depend on the length, the sequence has come to the end of this range and no further.
                PositionRange range = ranges[index];
                double[] own = scaling.DependsOnLength ? Losses(text, range.End) : losses;
                sums[index] += TensorPrimitives.Average<double>(own.AsSpan(range.First..range.End));
            }
        }

        return new PerplexityCurve(scaling.Name, [.. sums.Select(sum => Math.Exp(sum / texts.Length))]);

        double[] Losses(int[] text, int length) => model.Compute(text.AsSpan(0, length + 1), scaling.Frequencies(length));
    }
}
