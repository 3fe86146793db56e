using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Elementwise.Kernels;

internal static partial class ElementwiseModule<TElement, TFormula>
{
    internal static partial class Vector<TVector, TStore>
    {
        /// <summary>output[row][i] = f(x[row][i], y[row][i]), rounded once. Vector schedule.</summary>
        /// <remarks>Tile: some rows, or a run of a long one. A row of x may be one that an index names: a lookup in a table, which gives
        /// NaN where the table has no such row. Results that no cache will hold are written by non-temporal stores.</remarks>
        internal readonly struct ElementwiseVector : ITileKernel<ElementwiseArguments>
        {
            public static void Run(ElementwiseArguments arguments, long tile, ArrayView<float> scratch)
            {
                ElementwiseRows rows = arguments.Rows;
                (long firstRow, int count, int first, int length) = rows.At(tile);
                for (long row = firstRow; row < firstRow + count; row++)
                {
                    ArrayView<TElement> output = arguments.Output.SubView(rows.Output.Offset(row, rows.Inner) + first);
                    long source = arguments.RowOfX(row);
                    if (source >= 0)
                    {
                        RowKernels<TVector, TElement, TStore>.RowFormula.Of<TFormula>.Apply(
                            arguments.X.SubView(rows.X.Offset(source, rows.Inner) + first),
                            arguments.Y.SubView(rows.Y.Offset(row, rows.Inner) + first), output, length);
                    }
                    else
                    {
                        for (int element = 0; element < length; element++)
                            output[element] = TElement.Narrow(float.NaN);
                    }
                }
            }
        }
    }
}
