using AttentionKernels.Attention.State;
using AttentionKernels.Attention.Work;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

internal static partial class AttentionModule<TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector>
{
    /// <summary>
    /// Merges the partial states of a row: m = max mᵢ, l = Σᵢ e^(mᵢ − m)·lᵢ, O = Σᵢ e^(mᵢ − m)·Oᵢ / l. Vector schedule.
    /// </summary>
    /// <remarks>Tile: one row (item, head, query). The splits are taken in their order, so the result does not depend on who finished
    /// first.</remarks>
    internal readonly struct MergeStatesVector : ITileKernel<Arguments>
    {
        /// <summary>The tiles of an item.</summary>
        public static TileGrid Grid(Arguments arguments, WorkItem item) => new(item.Queries, arguments.Heads);

        public static void Run(Arguments arguments, long tile, ArrayView<float> scratch)
        {
            WorkTile at = TWork.Tile(arguments.Work, tile);
            WorkItem item = TWork.Item(arguments.Work, at.Item);
            int query = at.RowTile;
            int head = at.Head;
            int states = at.State + 1;
            int dimension = arguments.ValueDimension;
            float maximum = float.NegativeInfinity;
            for (int state = 0; state < states; state++)
                maximum = SoftmaxState.Larger(maximum, arguments.Workspace[arguments.StateOffset(at, query, head, state) + dimension]);

            // The first split's row accumulates the others: it has its place in the workspace already.
            ArrayView<float> row = arguments.Workspace.SubView(arguments.StateOffset(at, query, head, 0));
            float sum = 0f;
            for (int state = 0; state < states; state++)
            {
                long offset = arguments.StateOffset(at, query, head, state);
                var part = new SoftmaxState(arguments.Workspace[offset + dimension], arguments.Workspace[offset + dimension + 1]);
                float rescale = part.Rescale(maximum);
                sum += part.Sum * rescale;
                if (state == 0)
                    VectorRow.Scale(row, rescale, row, dimension);
                else
                    VectorRow.MultiplyAdd(row, rescale, arguments.Workspace.SubView(offset), dimension);
            }

            float normalizer = arguments.Finish(item, query, head, new SoftmaxState(maximum, sum));
            StoredRow<TElement>.Narrow(row, normalizer, arguments.Output.SubView(arguments.OutputOffset(item, query, head)), dimension);
        }
    }
}
