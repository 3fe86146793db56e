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
        /// <summary>The tiles.</summary>
        public static TileGrid Grid(Arguments arguments) => new(arguments.SplitQueries, arguments.Heads, 1);

        public static void Run(Arguments arguments, long tile, ArrayView<float> scratch)
        {
            TileCoordinates at = Grid(arguments).At(tile);
            WorkItem item = TWork.Item(arguments.Work, at.Item);
            int query = at.RowTile;
            int head = at.Head;
            if (query >= item.Queries || !arguments.WritesStates(item))
                return;

            int states = TWork.States(item, arguments.Splits);
            int dimension = arguments.ValueDimension;
            float maximum = float.NegativeInfinity;
            for (int state = 0; state < states; state++)
                maximum = SoftmaxState.Larger(maximum, arguments.Workspace[arguments.StateOffset(item, head, query, state) + dimension]);

            // The first split's row accumulates the others: it has its place in the workspace already.
            ArrayView<float> row = arguments.Workspace.SubView(arguments.StateOffset(item, head, query, 0));
            float sum = 0f;
            for (int state = 0; state < states; state++)
            {
                long offset = arguments.StateOffset(item, head, query, state);
                var part = new SoftmaxState(arguments.Workspace[offset + dimension], arguments.Workspace[offset + dimension + 1]);
                float rescale = part.Rescale(maximum);
                sum += part.Sum * rescale;
                if (state == 0)
                    VectorRow.Scale(row, rescale, row, dimension);
                else
                    VectorRow.MultiplyAdd(row, rescale, arguments.Workspace.SubView(offset), dimension);
            }

            var merged = new SoftmaxState(maximum, sum);
            StoredRow<TElement>.Narrow(
                row, merged.Normalizer(), arguments.Output.SubView(arguments.OutputOffset(item, query, head)), dimension);
            arguments.StoreLogSumExp(item, head, query, merged);
        }
    }
}
