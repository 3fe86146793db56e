using ILGPU;

namespace AttentionKernels.Samples.Llama.Kernels;

/// <summary>What <see cref="MatrixProduct"/> takes.</summary>
public struct MatrixProductArguments
{
    /// <summary>The matrix, row after row: [rows, columns].</summary>
    public ArrayView<float> Weights;

    /// <summary>One vector per token: [tokens, columns].</summary>
    public ArrayView<float> Input;

    /// <summary>The product of the matrix with each vector: [tokens, rows].</summary>
    public ArrayView<float> Output;

    /// <summary>The number of rows.</summary>
    public int Rows;

    /// <summary>The number of columns.</summary>
    public int Columns;
}

/// <summary>output[t, r] = Σ_c weights[r, c] · input[t, c], the linear layer of all projections.</summary>
/// <remarks>
/// Tile: one element of the output, its sum in the order of the columns. So a token gets the same bits alone and in a prompt, on
/// every run. It is the plainest of matrix products, here to show how little a kernel of one's own takes; a program in earnest
/// would block it for registers and cache.
/// </remarks>
public readonly struct MatrixProduct : ITileKernel<MatrixProductArguments>
{
    /// <inheritdoc/>
    public static void Run(MatrixProductArguments arguments, long tile, ArrayView<float> scratch)
    {
        long weight = tile % arguments.Rows * arguments.Columns;
        long input = tile / arguments.Rows * arguments.Columns;
        float sum = 0f;
        for (int column = 0; column < arguments.Columns; column++)
            sum += arguments.Weights[weight + column] * arguments.Input[input + column];
        arguments.Output[tile] = sum;
    }
}
