using ILGPU;

namespace AttentionKernels.MicroKernels;

/// <summary>The online-softmax states of some rows in memory, an element a row.</summary>
internal readonly struct SoftmaxRows
{
    /// <summary>The largest scores so far.</summary>
    public readonly ArrayView<float> Maxima;

    /// <summary>The sums of the weights relative to the maxima.</summary>
    public readonly ArrayView<float> Sums;

    /// <summary>What an update leaves: the factors of what was accumulated before it.</summary>
    public readonly ArrayView<float> Factors;

    public SoftmaxRows(ArrayView<float> maxima, ArrayView<float> sums, ArrayView<float> factors)
    {
        Maxima = maxima;
        Sums = sums;
        Factors = factors;
    }

    /// <summary>Checks that there are so many rows.</summary>
    public void Check(int rows)
    {
        MicroKernel.CheckExtent(Maxima.Length, rows);
        MicroKernel.CheckExtent(Sums.Length, rows);
        MicroKernel.CheckExtent(Factors.Length, rows);
    }
}
