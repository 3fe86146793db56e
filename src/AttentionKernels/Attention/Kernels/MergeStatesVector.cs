using AttentionKernels.Attention.State;
using AttentionKernels.Attention.Work;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

internal static partial class AttentionModule<TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector>
{
    /// <summary>
    /// Merges the partial states of a row: O = Σᵢ e^(mᵢ − m)·Oᵢ / l with <see cref="Arguments.MergedState"/>'s m and l. Vector schedule.
    /// </summary>
    /// <remarks>Tile: one row (item, head, query).</remarks>
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
            int dimension = arguments.ValueDimension;
            SoftmaxState merged = arguments.MergedState(at, query, head);

            // The first state's row accumulates the others: it has its place in the workspace already.
            ArrayView<float> row = arguments.Workspace.SubView(arguments.StateOffset(at, query, head, 0));
            VectorRow.Scale(row, arguments.State(at, query, head, 0).Rescale(merged.Maximum), row, dimension);
            for (int state = 1; state <= at.State; state++)
            {
                ArrayView<float> part = arguments.Workspace.SubView(arguments.StateOffset(at, query, head, state));
                VectorRow.MultiplyAdd(row, arguments.State(at, query, head, state).Rescale(merged.Maximum), part, dimension);
            }

            float normalizer = arguments.Finish(item, query, head, merged);
            StoredRow<TElement>.Narrow(row, normalizer, arguments.Output.SubView(arguments.OutputOffset(item, query, head)), dimension);
        }
    }
}
