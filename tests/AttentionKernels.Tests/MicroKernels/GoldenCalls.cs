using AttentionKernels.Formats;
using AttentionKernels.MicroKernels;
using AttentionKernels.Simd;

namespace AttentionKernels.Tests.MicroKernels;

/// <summary>stored row, target; count.</summary>
internal readonly struct RowWiden<TElement> : IMicroKernel
    where TElement : unmanaged, IElement<TElement>
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector> =>
        StoredRow<TElement>.Widen(arguments.StoredFrom<TElement>(call, 0), arguments.From(call, 1), arguments[call, 2]);
}

/// <summary>row, factor, stored target; count.</summary>
internal readonly struct RowNarrow<TElement> : IMicroKernel
    where TElement : unmanaged, IElement<TElement>
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector> =>
        StoredRow<TElement>.Narrow(
            arguments.From(call, 0), arguments.Memory[arguments[call, 1]], arguments.StoredFrom<TElement>(call, 2), arguments[call, 3]);
}

/// <summary>returned number; bits.</summary>
internal readonly struct HalfWiden : IMicroKernel
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector> =>
        arguments.Memory[arguments[call, 0]] = HalfConversion.Widen((ushort)arguments[call, 1]);
}

/// <summary>number, returned bits as a number.</summary>
internal readonly struct HalfNarrow : IMicroKernel
{
    public static void Call<TVector>(MicroKernelArguments arguments, long call)
        where TVector : struct, IVector<TVector> =>
        arguments.Memory[arguments[call, 1]] = HalfConversion.Narrow(arguments.Memory[arguments[call, 0]]);
}
