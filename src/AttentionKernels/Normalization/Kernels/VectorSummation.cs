using System.Runtime.CompilerServices;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

internal static partial class NormModule<TElement, TCenter, TAffine>
{
    internal static partial class Vector<TVector, TStore>
    {
        /// <summary>Sums plane by plane in vectors; shared memory is not used.</summary>
        internal readonly struct VectorSummation : IShiftedSummation
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public static ShiftedSums Sums(
                ArrayView<TElement> input, NormalizedValues values, float scale, float center, ArrayView<float> shared)
            {
                if (values.Planes == 1)
                {
                    return RowKernels<TVector, TElement, TStore>.RowMoments.Sums(
                        input.SubView(values.First), scale, center, values.PlaneLength);
                }

                if (values.PlaneLength < TVector.Lanes)
                    return SumsOfShortPlanes(input, values, scale, center);
                var sum = default(CompensatedSum);
                var squares = default(CompensatedSum);
                for (int plane = 0; plane < values.Planes; plane++)
                {
                    ShiftedSums sums = RowKernels<TVector, TElement, TStore>.RowMoments.Sums(
                        input.SubView(values.First + (plane * values.PlaneStride)), scale, center, values.PlaneLength);
                    sum.Add(sums.Sum);
                    squares.Add(sums.Squares);
                }

                return new ShiftedSums { Sum = sum.Value, Squares = squares.Value };
            }

            // Planes that fill no vector, a value at a time.
            private static ShiftedSums SumsOfShortPlanes(ArrayView<TElement> input, NormalizedValues values, float scale, float center)
            {
                var sum = default(CompensatedSum);
                var squares = default(CompensatedSum);
                float chunk = 0f;
                float chunkSquares = 0f;
                int terms = 0;
                long first = values.First;
                for (int plane = 0; plane < values.Planes; plane++)
                {
                    for (int place = 0; place < values.PlaneLength; place++)
                    {
                        float shifted = FusedMultiplyAdd.Fma(TElement.Widen(input[first + place]), scale, -center);
                        chunk += shifted;
                        chunkSquares = FusedMultiplyAdd.Fma(shifted, shifted, chunkSquares);
                    }

                    first += values.PlaneStride;
                    terms += values.PlaneLength;
                    if (terms >= ShiftedSums.Chunk)
                    {
                        sum.Add(chunk);
                        squares.Add(chunkSquares);
                        chunk = 0f;
                        chunkSquares = 0f;
                        terms = 0;
                    }
                }

                sum.Add(chunk);
                squares.Add(chunkSquares);
                return new ShiftedSums { Sum = sum.Value, Squares = squares.Value };
            }
        }
    }
}
