using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Tests.MicroKernels;

internal struct DivideIndicesArguments
{
    [KernelInput]
    public ArrayView<long> Indices;
    public ArrayView<long> Quotients;
    public ArrayView<int> Remainders;
    public int Divisor;
}

/// <summary>A division of an index a tile.</summary>
internal readonly struct DivideIndices : ITileKernel<DivideIndicesArguments>
{
    public static void Run(DivideIndicesArguments arguments, long tile, ArrayView<float> scratch)
    {
        Division division = Division.Of(arguments.Indices[tile], arguments.Divisor);
        arguments.Quotients[tile] = division.Quotient;
        arguments.Remainders[tile] = division.Remainder;
    }
}
