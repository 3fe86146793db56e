using System.Runtime.CompilerServices;
using AttentionKernels.Intrinsics;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

/// <summary>Sums plane by plane in vectors. Vector schedule; shared memory is not used.</summary>
internal readonly struct VectorSummation<TWidth> : IShiftedSummation
    where TWidth : struct, IVectorWidth
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ShiftedSums Sums(ArrayView<float> input, NormalizedValues values, float scale, float center, ArrayView<float> shared)
    {
        if (values.Planes == 1)
            return RowNorm.Sums<TWidth>(input, values.First, scale, center, values.PlaneLength);
        var sum = default(CompensatedSum);
        var squares = default(CompensatedSum);
        for (int plane = 0; plane < values.Planes; plane++)
        {
            ShiftedSums sums = RowNorm.Sums<TWidth>(input, values.First + (plane * values.PlaneStride), scale, center, values.PlaneLength);
            sum.Add(sums.Sum);
            squares.Add(sums.Squares);
        }

        return new ShiftedSums { Sum = sum.Value, Squares = squares.Value };
    }
}
