using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Elementwise.Kernels;

internal static partial class ElementwiseModule<TElement, TFormula>
{
    internal static partial class Vector<TVector, TStore>
    {
        /// <summary>output[indices[t]][i] += Σ x[t][i] over the tokens t, rounded once: the gradient of a table of embeddings. Vector
        /// schedule.</summary>
        /// <remarks>Tile: a token. The first one of an index adds up the rows of all that have it, in their order and in twice the
        /// precision; the others leave that to it. So no two tiles write a row, and results repeat bit for bit.</remarks>
        internal readonly struct EmbeddingGradientVector : ITileKernel<ElementwiseArguments>
        {
            public static void Run(ElementwiseArguments arguments, long tile, ArrayView<float> scratch)
            {
                ElementwiseRows rows = arguments.Rows;
                long row = arguments.RowOfX(tile);
                if (row < 0)
                    return;
                RowKernels<TVector, TElement, TStore>.IndexedRows.Add(
                    arguments.X, arguments.Indices, (int)tile, (int)rows.Count,
                    arguments.Output.SubView(row * rows.Output.Row), rows.Columns);
            }
        }
    }
}
