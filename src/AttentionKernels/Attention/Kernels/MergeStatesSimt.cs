using AttentionKernels.Attention.State;
using AttentionKernels.Attention.Work;
using AttentionKernels.Launching;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

internal static partial class AttentionModule<TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector>
{
    /// <summary>
    /// Merges the partial states of a row: O = Σᵢ e^(mᵢ − m)·Oᵢ / l with <see cref="Arguments.MergedState"/>'s m and l. Simt schedule.
    /// </summary>
    /// <remarks>
    /// Tile: a work group owns one row (item, head, query), a thread the columns t, t+64, … Each thread takes the splits in their order and
    /// computes the few factors anew: cheaper than sharing them.
    /// </remarks>
    internal readonly struct MergeStatesSimt : IGroupKernel<Arguments>
    {
        public static int GroupSize => 64;

        /// <summary>The tiles of an item, one a work group.</summary>
        public static TileGrid Grid(Arguments arguments, WorkItem item) => new(item.Queries, arguments.Heads);

        public static void Run(Arguments arguments)
        {
            WorkTile at = TWork.TileOfGroup(arguments.Work, ILGPU.Grid.IdxX);
            WorkItem item = TWork.Item(arguments.Work, at.Item);
            int query = at.RowTile;
            int head = at.Head;
            SoftmaxState merged = arguments.MergedState(at, query, head);
            float normalizer = arguments.Finish(item, query, head, merged, stores: Group.IdxX == 0);
            long row = arguments.OutputOffset(item, query, head);
            for (int column = Group.IdxX; column < arguments.ValueDimension; column += Group.DimX)
            {
                float output = 0f;
                for (int state = 0; state <= at.State; state++)
                {
                    float rescale = arguments.State(at, query, head, state).Rescale(merged.Maximum);
                    float part = arguments.Workspace[arguments.StateOffset(at, query, head, state) + column];
                    output = FusedMultiplyAdd.Fma(rescale, part, output);
                }

                arguments.Output[row + column] = TElement.Narrow(output * normalizer);
            }
        }
    }
}
