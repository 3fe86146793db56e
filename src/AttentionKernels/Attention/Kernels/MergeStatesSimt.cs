using AttentionKernels.Attention.State;
using AttentionKernels.Attention.Work;
using AttentionKernels.Launching;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

internal static partial class AttentionModule<TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector>
{
    /// <summary>
    /// Merges the partial states of a row: m = max mᵢ, l = Σᵢ e^(mᵢ − m)·lᵢ, O = Σᵢ e^(mᵢ − m)·Oᵢ / l. Simt schedule.
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
            WorkTile at = TWork.Tile(arguments.Work, ILGPU.Grid.IdxX);
            WorkItem item = TWork.Item(arguments.Work, at.Item);
            int query = at.RowTile;
            int head = at.Head;
            int states = at.State + 1;
            int dimension = arguments.ValueDimension;
            float maximum = float.NegativeInfinity;
            for (int state = 0; state < states; state++)
                maximum = SoftmaxState.Larger(maximum, State(arguments, arguments.StateOffset(at, query, head, state)).Maximum);
            float sum = 0f;
            for (int state = 0; state < states; state++)
            {
                SoftmaxState part = State(arguments, arguments.StateOffset(at, query, head, state));
                sum += part.Sum * part.Rescale(maximum);
            }

            float normalizer = arguments.Finish(item, query, head, new SoftmaxState(maximum, sum), stores: Group.IdxX == 0);
            long row = arguments.OutputOffset(item, query, head);
            for (int column = Group.IdxX; column < dimension; column += Group.DimX)
            {
                float output = 0f;
                for (int state = 0; state < states; state++)
                {
                    long offset = arguments.StateOffset(at, query, head, state);
                    output = FusedMultiplyAdd.Fma(State(arguments, offset).Rescale(maximum), arguments.Workspace[offset + column], output);
                }

                arguments.Output[row + column] = TElement.Narrow(output * normalizer);
            }
        }

        private static SoftmaxState State(Arguments arguments, long offset) => new(
            arguments.Workspace[offset + arguments.ValueDimension], arguments.Workspace[offset + arguments.ValueDimension + 1]);
    }
}
