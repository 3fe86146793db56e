using AttentionKernels.Formats;
using AttentionKernels.MicroKernels.Warp;
using ILGPU;

namespace AttentionKernels.Bench;

/// <summary>The arguments of <see cref="TensorKernel"/>.</summary>
public struct TensorArguments
{
    /// <summary>A sum of each tile, so that all has to be computed.</summary>
    public ArrayView<float> Sums;

    /// <summary>How often each chain is added to.</summary>
    public int Steps;

    /// <summary>Two numbers of fp16 in one register, of which all factors are made.</summary>
    public uint Factors;
}

/// <summary>C := A·B + C of fp16 with sums in fp32, 16 × 8 × 16 as <c>mma.sync</c> has it, in chains that do not wait for each other.</summary>
/// <remarks>Tile: a thread's share of a warp's products, so that tiles come in whole warps. The products are the library's own, and no
/// other instructions of newer tensor cores: what is compared with this peak has them too.</remarks>
public readonly struct TensorKernel : ITileKernel<TensorArguments>
{
    /// <summary>The chains of a tile.</summary>
    public const int Chains = 8;

    /// <summary>The floating-point operations of a tile's share in a product: 2 · 16 · 8 · 16, by 32 threads.</summary>
    public const int OperationsOfProduct = 2 * 16 * 8 * 16 / 32;

    /// <inheritdoc/>
    public static void Run(TensorArguments arguments, long tile, ArrayView<float> scratch)
    {
        uint two = arguments.Factors;
        var a = new FragmentA(two, two, two, two);
        var b = new FragmentB(two, two);
        Accumulator c0 = default, c1 = default, c2 = default, c3 = default, c4 = default, c5 = default, c6 = default, c7 = default;
        for (int step = 0; step < arguments.Steps; step++)
        {
            c0 = TensorCore<StoredFp16>.MultiplyAdd(a, b, c0);
            c1 = TensorCore<StoredFp16>.MultiplyAdd(a, b, c1);
            c2 = TensorCore<StoredFp16>.MultiplyAdd(a, b, c2);
            c3 = TensorCore<StoredFp16>.MultiplyAdd(a, b, c3);
            c4 = TensorCore<StoredFp16>.MultiplyAdd(a, b, c4);
            c5 = TensorCore<StoredFp16>.MultiplyAdd(a, b, c5);
            c6 = TensorCore<StoredFp16>.MultiplyAdd(a, b, c6);
            c7 = TensorCore<StoredFp16>.MultiplyAdd(a, b, c7);
        }

        arguments.Sums[tile] = Sum(c0) + Sum(c1) + Sum(c2) + Sum(c3) + Sum(c4) + Sum(c5) + Sum(c6) + Sum(c7);
    }

    private static float Sum(Accumulator c) => c.R0 + c.R1 + c.R2 + c.R3;
}
