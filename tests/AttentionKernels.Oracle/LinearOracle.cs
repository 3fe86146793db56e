using System.Numerics;

namespace AttentionKernels.Oracle;

/// <summary>A linear layer without bias by its definition, input [tokens, columns] times weight [rows, columns] transposed.</summary>
internal static class LinearOracle
{
    /// <summary>R: everything in fp64.</summary>
    /// <returns>[tokens, rows].</returns>
    public static double[] Compute(float[] input, float[] weight, int columns) => Multiply<double>(input, weight, columns);

    /// <summary>N: a plain sequential loop in fp32.</summary>
    /// <returns>[tokens, rows].</returns>
    public static float[] Sequential(float[] input, float[] weight, int columns) => Multiply<float>(input, weight, columns);

    private static T[] Multiply<T>(float[] input, float[] weight, int columns)
        where T : struct, IFloatingPoint<T>
    {
        (int tokens, int rows) = (input.Length / columns, weight.Length / columns);
        var products = new T[tokens * rows];
        Parallel.For(0, tokens, token =>
        {
            for (int row = 0; row < rows; row++)
            {
                T sum = T.Zero;
                for (int column = 0; column < columns; column++)
                    sum += T.CreateChecked(input[(token * columns) + column]) * T.CreateChecked(weight[(row * columns) + column]);
                products[(token * rows) + row] = sum;
            }
        });
        return products;
    }
}
