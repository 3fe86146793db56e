using System.Reflection;
using AttentionKernels.Formats;
using AttentionKernels.Launching;
using AttentionKernels.MicroKernels.Warp;

namespace AttentionKernels.Tests.MicroKernels.Warp;

/// <summary>Closes the kernels of these tests over formats and tiles.</summary>
internal static class WarpKernels
{
    /// <summary>The formats that tensor cores multiply.</summary>
    public static IReadOnlyList<Type> Formats { get; } = [typeof(StoredFp16), typeof(StoredBf16)];

    /// <summary>A tile of so many columns, a multiple of 16: pairs of tiles, the left ones as wide as a power of two.</summary>
    public static Type Tile(Type element, int rows, int columns)
    {
        if (columns == 16)
            return (rows == 32 ? typeof(TensorCore<>.Tile32) : typeof(TensorCore<>.Tile16)).MakeGenericType(element);
        int left = 16;
        while (2 * left < columns)
            left *= 2;
        return typeof(TensorCore<>.TilePair<,>).MakeGenericType(element, Tile(element, rows, left), Tile(element, rows, columns - left));
    }

    /// <summary>The product of 64 × 64 × depth.</summary>
    public static Type Gemm(Type element) => typeof(WarpGemm<,,>).MakeGenericType(element, Tile(element, 16, 64), Tile(element, 16, 64));

    /// <summary>Attention of a head dimension.</summary>
    /// <param name="element">The format.</param>
    /// <param name="headDimension">A multiple of 16.</param>
    /// <param name="keys">Keys of a tile.</param>
    /// <param name="sumsByProduct">Whether weights are summed up by the tensor cores.</param>
    /// <param name="isCausal">Whether there is a causal mask.</param>
    public static Type Attention(Type element, int headDimension, int keys, bool sumsByProduct, bool isCausal)
    {
        int rows = headDimension > 128 ? 16 : 32;
        return typeof(DenseAttention<,,,,>).MakeGenericType(
            element, Tile(element, rows, keys), Tile(element, rows, headDimension),
            (sumsByProduct ? typeof(SumsByProduct<>) : typeof(SumsByAddition<>)).MakeGenericType(element), isCausal ? typeof(Yes) : typeof(No));
    }

    /// <summary>What a launch runs.</summary>
    public static MethodInfo Entry(Type kernel)
    {
        Type arguments = kernel.GetInterfaces().Single(type => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IGroupKernel<>)).GenericTypeArguments[0];
        return typeof(GroupKernel<,>).MakeGenericType(kernel, arguments).GetMethod("Entry", BindingFlags.Static | BindingFlags.NonPublic)!;
    }
}
