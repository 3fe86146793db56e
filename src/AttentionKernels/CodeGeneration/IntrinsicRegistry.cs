using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using AttentionKernels.MicroKernels;
using ILGPU.Backends.OpenCL;
using ILGPU.Backends.PTX;
using ILGPU.IR.Intrinsics;

namespace AttentionKernels.CodeGeneration;

/// <summary>
/// Registers every intrinsic of this folder with an ILGPU context.
/// </summary>
/// <remarks>
/// An intrinsic is a static method marked <c>[IntrinsicImplementation]</c>. Its C# body is what the managed CPU runs; beside it, in the
/// same type, a method <c>{Name}OpenCl</c> emits OpenCL C by an <see cref="OpenClBody"/> and a method <c>{Name}Ptx</c> emits PTX by
/// <see cref="PtxBody"/>. A method without one of the two cannot be used in kernels for that backend: the compiler then names it.
/// </remarks>
internal static class IntrinsicRegistry
{
    private static readonly Type[] _types =
    [
        typeof(FusedMultiplyAdd), typeof(Exponential), typeof(Logarithm), typeof(HalfConversion), typeof(VectorRow), typeof(StoredRow),
        typeof(RowOffsets), typeof(TileGather), typeof(PanelLane), typeof(PackedGemm), typeof(PanelSoftmax), typeof(SkinnyGemm), typeof(RowSoftmax),
        typeof(RowNorm), typeof(RotaryRow),
    ];

    /// <summary>Registers all intrinsics with <paramref name="manager"/>, once per context and before its first accelerator.</summary>
    [UnconditionalSuppressMessage("Trimming", "IL2075", Justification = "The package roots this assembly: all of its methods are kept.")]
    public static void Register(IntrinsicImplementationManager manager)
    {
        const BindingFlags Handlers = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
        foreach (Type type in _types)
        {
            foreach (MethodInfo method in type.GetMethods(Handlers))
            {
                if (method.GetCustomAttribute<IntrinsicImplementationAttribute>() is null)
                    continue;
                if (type.GetMethod(method.Name + "OpenCl", Handlers) is { } openCl)
                    manager.RegisterMethod(method, new CLIntrinsic(type, openCl.Name, IntrinsicImplementationMode.GenerateCode));
                if (type.GetMethod(method.Name + "Ptx", Handlers) is { } ptx)
                    manager.RegisterMethod(method, new PTXIntrinsic(type, ptx.Name, IntrinsicImplementationMode.GenerateCode));
            }
        }
    }
}
