using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Linear.Kernels;

/// <summary>What the kernels of a linear layer take; everything is dense.</summary>
internal struct LinearArguments
{
    /// <summary>[tokens, columns].</summary>
    [KernelInput]
    public ArrayView<float> Input;

    /// <summary>[rows, columns].</summary>
    [KernelInput]
    public ArrayView<float> Weight;

    /// <summary>[rows]; empty where there is none.</summary>
    [KernelInput]
    public ArrayView<float> Bias;

    /// <summary>[tokens, rows].</summary>
    public ArrayView<float> Output;

    public int Tokens;
    public int Rows;
    public int Columns;

    /// <summary>Tokens of a tile, but for the last.</summary>
    public int TokensPerTile;

    /// <summary>Rows of the weight of a tile, but for the last.</summary>
    public int RowsPerTile;

    /// <summary>An element of the output: the sum of a row's products, and the row's bias, if any.</summary>
    public readonly float WithBias(float sum, int row) => Bias.Length > 0 ? sum + Bias[row] : sum;

    /// <summary>Whether input and weight have whole fours of columns and begin at multiples of 16 bytes.</summary>
    public readonly bool AreRegular() => Columns % 4 == 0 && Input.IsAligned(4) && Weight.IsAligned(4);
}
