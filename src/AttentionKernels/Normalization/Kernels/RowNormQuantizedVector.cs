using System.Runtime.CompilerServices;
using AttentionKernels.Formats;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

internal static partial class NormModule<TElement, TCenter, TAffine>
{
    internal static partial class Vector<TVector, TStore>
    {
        /// <summary>round(y / scale), saturated, with y as <see cref="RowNormVector"/> has it in fp32, and a scale that is given, or found
        /// of each row: max |y| / the largest number that can be stored. Vector schedule.</summary>
        /// <remarks>
        /// <para>Dettmers, Lewis, Belkada and Zettlemoyer, "LLM.int8(): 8-bit matrix multiplication for transformers at scale", 2022: a
        /// scale for each row.</para>
        /// <para>Tile: one row. The addition, if any, and its sums; where the scale is found, a pass for the largest magnitude; and a pass
        /// that normalises and stores. All but the first find the row in the cache.</para>
        /// </remarks>
        /// <typeparam name="TNumber">How results are stored.</typeparam>
        internal readonly struct RowNormQuantizedVector<TNumber> : ITileKernel<QuantizedArguments>
            where TNumber : unmanaged, IWritableFormat<TNumber>
        {
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            public static void Run(QuantizedArguments arguments, long tile, ArrayView<float> scratch)
            {
                NormRows rows = arguments.Rows;
                Standardization by = StandardizationOf(arguments.Input, arguments.Addend, arguments.Sum, rows, tile, scratch);
                ArrayView<TElement> row = arguments.Input.SubView(rows.Row(tile).First);
                float scale = arguments.Scale;
                if (arguments.FindsScales != 0)
                {
                    float largest = RowKernels<TVector, TElement, TStore>.RowNorm<TAffine>.Magnitude(
                        row, by, rows.Weight, rows.Bias, rows.Hidden);
                    scale = RowScale.Of(largest, TNumber.Largest);
                    arguments.Scales[tile] = scale;
                }

                RowKernels<TVector, TElement, TStore>.RowNorm<TAffine>.Into<TNumber>.Quantize(
                    row, by, rows.Weight, rows.Bias, scale,
                    arguments.Numbers.Cast<TNumber>().SubView(rows.Offset(tile, rows.Output)), rows.Hidden);
            }
        }
    }
}
