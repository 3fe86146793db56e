using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Tests.MicroKernels;

/// <summary>Rows of different lengths in common buffers; a tile is a row.</summary>
internal readonly record struct RowArguments(
    ArrayView<float> Left, ArrayView<float> Right, ArrayView<float> Result, ArrayView<int> Counts, int Stride, float Factor);

/// <summary>result[0] of a row = left · right.</summary>
internal readonly struct DotRows : ITileKernel<RowArguments>
{
    public static void Run(RowArguments arguments, long tile, ArrayView<float> scratch)
    {
        long row = tile * arguments.Stride;
        arguments.Result[row] = VectorRow.Dot(arguments.Left.SubView(row), arguments.Right.SubView(row), arguments.Counts[tile]);
    }
}

/// <summary>result += factor · left.</summary>
internal readonly struct MultiplyAddRows : ITileKernel<RowArguments>
{
    public static void Run(RowArguments arguments, long tile, ArrayView<float> scratch)
    {
        long row = tile * arguments.Stride;
        VectorRow.MultiplyAdd(arguments.Result.SubView(row), arguments.Factor, arguments.Left.SubView(row), arguments.Counts[tile]);
    }
}

/// <summary>result = factor · left.</summary>
internal readonly struct ScaleRows : ITileKernel<RowArguments>
{
    public static void Run(RowArguments arguments, long tile, ArrayView<float> scratch)
    {
        long row = tile * arguments.Stride;
        VectorRow.Scale(arguments.Result.SubView(row), arguments.Factor, arguments.Left.SubView(row), arguments.Counts[tile]);
    }
}

/// <summary>result = factor · result.</summary>
internal readonly struct ScaleRowsInPlace : ITileKernel<RowArguments>
{
    public static void Run(RowArguments arguments, long tile, ArrayView<float> scratch)
    {
        long row = tile * arguments.Stride;
        VectorRow.Scale(arguments.Result.SubView(row), arguments.Factor, arguments.Result.SubView(row), arguments.Counts[tile]);
    }
}

/// <summary>result = result · left.</summary>
internal readonly struct MultiplyRows : ITileKernel<RowArguments>
{
    public static void Run(RowArguments arguments, long tile, ArrayView<float> scratch)
    {
        long row = tile * arguments.Stride;
        VectorRow.Multiply(arguments.Result.SubView(row), arguments.Left.SubView(row), arguments.Counts[tile]);
    }
}

/// <summary>result = 0.</summary>
internal readonly struct ClearRows : ITileKernel<RowArguments>
{
    public static void Run(RowArguments arguments, long tile, ArrayView<float> scratch) =>
        VectorRow.Clear(arguments.Result.SubView(tile * arguments.Stride), arguments.Counts[tile]);
}
