using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Tests.MicroKernels;

/// <summary>Rows of three operands and a result.</summary>
internal readonly record struct ElementwiseArguments(ArrayView<float> First, ArrayView<float> Second, ArrayView<float> Third, ArrayView<float> Result);

/// <summary>A function of up to three numbers, chosen at compile time.</summary>
internal interface IFunction
{
    static abstract float Apply(float first, float second, float third);
}

/// <summary>Applies a function to each element.</summary>
internal readonly struct Elementwise<TFunction> : ITileKernel<ElementwiseArguments>
    where TFunction : struct, IFunction
{
    public static void Run(ElementwiseArguments arguments, long tile, ArrayView<float> scratch) =>
        arguments.Result[tile] = TFunction.Apply(arguments.First[tile], arguments.Second[tile], arguments.Third[tile]);
}

internal readonly struct ExpFunction : IFunction
{
    public static float Apply(float first, float second, float third) => Exponential.Exp(first);
}

internal readonly struct ExpOfNegativeFunction : IFunction
{
    public static float Apply(float first, float second, float third) => Exponential.ExpOfNegative(first);
}

internal readonly struct LogFunction : IFunction
{
    public static float Apply(float first, float second, float third) => Logarithm.Log(first);
}

internal readonly struct FmaFunction : IFunction
{
    public static float Apply(float first, float second, float third) => FusedMultiplyAdd.Fma(first, second, third);
}

/// <summary>Fma with operands that the compiler knows, which reach the intrinsic as constants.</summary>
internal readonly struct FmaOfConstantsFunction : IFunction
{
    public static float Apply(float first, float second, float third) => FusedMultiplyAdd.Fma(first, -0.1f, 1e-30f);
}
