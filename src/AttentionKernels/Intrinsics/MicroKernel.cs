using System.Diagnostics;
using ILGPU;
using ILGPU.IR;
using ILGPU.IR.Values;

namespace AttentionKernels.Intrinsics;

/// <summary>What all micro-kernels share: the check of an extent, and the vector width that a call was compiled for.</summary>
/// <remarks>Their inner loops are compiled with all optimisations at once: the first tokens of a program should not wait for the runtime's tiers.</remarks>
internal static class MicroKernel
{
    /// <summary>
    /// Checks that <paramref name="count"/> ≥ 1 elements from <paramref name="offset"/> lie in the view. Element access checks a
    /// single element, and a micro-kernel goes on from there.
    /// </summary>
    /// <remarks>
    /// Debug.Assert is compiled to nothing on devices and, in a release build, here too: checks that must hold in the build that is
    /// tested go through Trace, as ILGPU's own bounds checks do.
    /// </remarks>
    public static void CheckExtent(ArrayView<float> view, long offset, long count) =>
        Trace.Assert(offset >= 0 && count >= 1 && offset + count <= view.Length, "A micro-kernel's extent is out of range");

    /// <summary>Lanes and block rows of the <see cref="IVectorWidth"/> that is the first generic argument of the called intrinsic.</summary>
    public static (int Lanes, int BlockRows) Width(Value call) => Width(((MethodCall)call).Target.Source.GetGenericArguments()[0]);

    private static (int Lanes, int BlockRows) Width(Type width) =>
        width == typeof(SixteenLanes) ? (SixteenLanes.Lanes, SixteenLanes.BlockRows)
        : width == typeof(EightLanes) ? (EightLanes.Lanes, EightLanes.BlockRows)
        : (FourLanes.Lanes, FourLanes.BlockRows);
}
