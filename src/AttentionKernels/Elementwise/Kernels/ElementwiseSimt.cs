using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Elementwise.Kernels;

internal static partial class ElementwiseModule<TElement, TFormula>
{
    internal static partial class Simt<TAccess>
    {
        /// <summary>output[row][i] = f(x[row][i], y[row][i]), rounded once. For GPUs.</summary>
        /// <remarks>Tile: four neighbouring elements of a row, loaded and stored at once; of rows that begin anywhere, or have other
        /// numbers of elements, a tile is one. Neighbouring threads take neighbouring tiles. A row of x may be one that an index names: a
        /// lookup in a table, which gives NaN where the table has no such row.</remarks>
        internal readonly struct ElementwiseSimt : ITileKernel<ElementwiseArguments>
        {
            public static void Run(ElementwiseArguments arguments, long tile, ArrayView<float> scratch)
            {
                ElementwiseRows rows = arguments.Rows;
                Division at = Division.Of(tile, Places(rows));
                var output = new AccessedRow<TElement, TAccess>(arguments.Output, rows.Output.Offset(at.Quotient, rows.Inner));
                long source = arguments.RowOfX(at.Quotient);
                if (source < 0)
                {
                    output.Store(at.Remainder, new RegisterRow(float.NaN, float.NaN, float.NaN, float.NaN));
                    return;
                }

                RegisterRow x = new AccessedRow<TElement, TAccess>(arguments.X, rows.X.Offset(source, rows.Inner)).Load(at.Remainder);
                RegisterRow y = TFormula.HasTwoOperands
                    ? new AccessedRow<TElement, TAccess>(arguments.Y, rows.Y.Offset(at.Quotient, rows.Inner)).Load(at.Remainder)
                    : x;
                output.Store(at.Remainder, new RegisterRow(Apply(x.A, y.A), Apply(x.B, y.B), Apply(x.C, y.C), Apply(x.D, y.D)));
            }

            private static float Apply(float x, float y) => TFormula.Apply<ScalarNumber>(x, y, default).Value;
        }
    }
}
