namespace AttentionKernels.Tests.Oracle;

/// <summary>Gradients of a function in fp64 by differences, which owe nothing to the rules of differentiation.</summary>
internal static class CentralDifferences
{
    private const float Step = 1f / 256;

    /// <summary>The gradient at a point. Of steps of two lengths, what the error has of their square cancels.</summary>
    public static double[] Of(float[] point, Func<float[], double> function)
    {
        float[] moved = [.. point];
        return [.. point.Select((element, index) => ((4 * Slope(index, element, Step / 2)) - Slope(index, element, Step)) / 3)];

        double Slope(int index, float element, float step)
        {
            (float above, float below) = (element + step, element - step);
            double rise = At(index, above) - At(index, below);
            moved[index] = element;
            return rise / ((double)above - below);
        }

        double At(int index, float element)
        {
            moved[index] = element;
            return function(moved);
        }
    }
}
