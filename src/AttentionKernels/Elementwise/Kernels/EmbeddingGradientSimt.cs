using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Elementwise.Kernels;

internal static partial class ElementwiseModule<TElement, TFormula>
{
    internal static partial class Simt<TAccess>
    {
        /// <summary>output[indices[t]][i] += Σ x[t][i] over the tokens t, rounded once: the gradient of a table of embeddings. For
        /// GPUs.</summary>
        /// <remarks>Tile: four neighbouring elements of a token's row, loaded and stored at once; of rows that begin anywhere, or have
        /// other numbers of elements, a tile is one. The first token of an index adds up the rows of all that have it, in their order and
        /// in twice the precision; the others leave that to it. So no two threads write a number, and results repeat bit for bit. All
        /// threads of a warp compare the same index, which one load brings to them.</remarks>
        internal readonly struct EmbeddingGradientSimt : ITileKernel<ElementwiseArguments>
        {
            public static void Run(ElementwiseArguments arguments, long tile, ArrayView<float> scratch)
            {
                ElementwiseRows rows = arguments.Rows;
                Division at = Division.Of(tile, Places(rows));
                long row = arguments.RowOfX(at.Quotient);
                if (row < 0)
                    return;
                for (long earlier = 0; earlier < at.Quotient; earlier++)
                {
                    if (arguments.Indices[earlier] == row)
                        return;
                }

                var target = new AccessedRow<TElement, TAccess>(arguments.Output, row * rows.Output.Row);
                RegisterRow before = target.Load(at.Remainder);
                var a = new DoubleWordSum { High = before.A };
                var b = new DoubleWordSum { High = before.B };
                var c = new DoubleWordSum { High = before.C };
                var d = new DoubleWordSum { High = before.D };
                for (long token = at.Quotient; token < rows.Count; token++)
                {
                    if (arguments.Indices[token] != row)
                        continue;
                    RegisterRow x = new AccessedRow<TElement, TAccess>(arguments.X, token * rows.X.Row).Load(at.Remainder);
                    a.Add(x.A);
                    b.Add(x.B);
                    c.Add(x.C);
                    d.Add(x.D);
                }

                target.Store(at.Remainder, new RegisterRow(Joined(a), Joined(b), Joined(c), Joined(d)));
            }

            private static float Joined(DoubleWordSum sum) => CompensatedSum.Join(sum.High, sum.Low);
        }
    }
}
