using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using AttentionKernels.CodeGeneration;
using AttentionKernels.Formats;
using AttentionKernels.Simd;
using ILGPU.IR;

namespace AttentionKernels.MicroKernels;

/// <summary>What all micro-kernels share: the check of an extent, and the vector width that a call was compiled for.</summary>
/// <remarks>Their inner loops are compiled with all optimisations at once: the first tokens of a program should not wait for the runtime's
/// tiers.</remarks>
internal static class MicroKernel
{
    /// <summary>
    /// Checks that <paramref name="count"/> ≥ 1 elements lie in the view. Element access checks a single element, and a micro-kernel goes
    /// on from there.
    /// </summary>
    /// <remarks>
    /// Debug.Assert is compiled to nothing on devices and, in a release build, here too: checks that must hold in the build that is
    /// tested go through Trace, as ILGPU's own bounds checks do.
    /// </remarks>
    public static void CheckExtent(long length, long count) =>
        Trace.Assert(count >= 1 && count <= length, "A micro-kernel's extent is out of range");

    /// <summary>Lanes and block rows of the <see cref="IVector{TSelf}"/> among the generic arguments of the called intrinsic.</summary>
    public static (int Lanes, int BlockRows) Width(Value call) => Width(Argument(call, typeof(IVector<>)));

    /// <summary>The <see cref="IFormat{TSelf}"/> among the generic arguments of the called intrinsic.</summary>
    public static ElementText Element(Value call) => ElementText.Of(Argument(call, typeof(IFormat<>)));

    /// <summary>The two <see cref="IFormat{TSelf}"/> among the generic arguments of the called intrinsic: that of its rows, and that of its
    /// results.</summary>
    public static (ElementText Row, ElementText Result) Elements(Value call)
    {
        Type[] formats = Arguments(call, typeof(IFormat<>));
        return (ElementText.Of(formats[0]), ElementText.Of(formats[1]));
    }

    /// <summary>The <see cref="IFormula"/> among the generic arguments of the called intrinsic, over two vectors.</summary>
    public static FormulaText Formula(Value call, string x, string y) => FormulaText.Of(Argument(call, typeof(IFormula)), x, y);

    /// <summary>Whether the <see cref="IStorePolicy"/> among the generic arguments of the called intrinsic is non-temporal.</summary>
    public static bool IsNonTemporal(Value call) => Argument(call, typeof(IStorePolicy)) == typeof(NonTemporalStore);

    /// <summary>Whether the <see cref="IBeta"/> among the generic arguments of the called intrinsic is zero.</summary>
    public static bool BetaIsZero(Value call) => Argument(call, typeof(IBeta)) == typeof(ZeroBeta);

    /// <summary>Whether the <see cref="IRowAddressing"/> among the generic arguments of the called intrinsic is gathered.</summary>
    public static bool RowsAreGathered(Value call) => Argument(call, typeof(IRowAddressing)) == typeof(GatheredRows);

    /// <summary>The <see cref="IAffine"/> among the generic arguments of the called intrinsic.</summary>
    public static AffineText Affine(Value call) => new(Argument(call, typeof(IAffine)));

    [UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "The package roots this assembly: structs keep their interfaces.")]
    private static Type[] Arguments(Value call, Type contract)
    {
        return [.. IntrinsicCall.Choices(call).Where(argument => argument.GetInterfaces().Any(Is))];
        bool Is(Type candidate) => candidate == contract || (candidate.IsGenericType && candidate.GetGenericTypeDefinition() == contract);
    }

    private static Type Argument(Value call, Type contract) => Arguments(call, contract).Single();

    private static (int Lanes, int BlockRows) Width(Type vector) =>
        vector == typeof(Fp32x16) ? (Fp32x16.Lanes, Fp32x16.BlockRows)
        : vector == typeof(Fp32x8) ? (Fp32x8.Lanes, Fp32x8.BlockRows)
        : (Fp32x4.Lanes, Fp32x4.BlockRows);
}
