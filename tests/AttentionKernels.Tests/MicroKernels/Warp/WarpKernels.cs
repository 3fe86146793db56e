using System.Reflection;
using AttentionKernels.Attention;
using AttentionKernels.Formats;
using AttentionKernels.Launching;

namespace AttentionKernels.Tests.MicroKernels.Warp;

/// <summary>Closes the kernels of these tests over formats and tiles.</summary>
internal static class WarpKernels
{
    /// <summary>The formats that tensor cores multiply.</summary>
    public static IReadOnlyList<Type> Formats { get; } = [typeof(StoredFp16), typeof(StoredBf16)];

    /// <summary>The product of 64 × 64 × depth.</summary>
    public static Type Gemm(Type element) => typeof(WarpGemm<,,>).MakeGenericType(element, TensorCoreTiles.Tile(element, 16, 64), TensorCoreTiles.Tile(element, 16, 64));

    /// <summary>What a launch runs.</summary>
    public static MethodInfo Entry(Type kernel)
    {
        Type arguments = kernel.GetInterfaces().Single(type => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IGroupKernel<>)).GenericTypeArguments[0];
        return typeof(GroupKernel<,>).MakeGenericType(kernel, arguments).GetMethod("Entry", BindingFlags.Static | BindingFlags.NonPublic)!;
    }
}
