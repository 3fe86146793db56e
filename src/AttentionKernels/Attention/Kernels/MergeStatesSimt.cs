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
    /// Tile: a work group owns one row (item, head, query), a thread the columns t, t + 128, … States come to shared memory 128 at a time,
    /// one a thread; each thread takes them in their order, with four loads of outputs under way.
    /// </remarks>
    internal readonly struct MergeStatesSimt : IGroupKernel<Arguments>
    {
        private const int Threads = TileSizes.SimtMergeThreads;
        private const int LoadsAtOnce = 4;

        public static int GroupSize => Threads;

        /// <summary>The tiles of an item, one a work group.</summary>
        public static TileGrid Grid(Arguments arguments, WorkItem item) => new(item.Queries, arguments.Heads);

        public static void Run(Arguments arguments)
        {
            ArrayView<float> factors = SharedMemory.Allocate<float>(Threads);
            ArrayView<float> sums = SharedMemory.Allocate<float>(Threads);
            WorkTile at = TWork.TileOfGroup(arguments.Work, ILGPU.Grid.IdxX);
            WorkItem item = TWork.Item(arguments.Work, at.Item);
            float maximum = Maximum(arguments, at, factors);
            long row = arguments.OutputOffset(item, at.RowTile, at.Head);
            long stride = StateWorkspace.Length(arguments.ValueDimension);
            for (int firstColumn = 0; firstColumn < arguments.ValueDimension; firstColumn += Threads)
            {
                int column = firstColumn + Group.IdxX;
                ArrayView<float> parts = arguments.Workspace.SubView(
                    arguments.StateOffset(at, at.RowTile, at.Head, 0) + Math.Min(column, arguments.ValueDimension - 1));
                float output = 0f;
                float sum = 0f;
                for (int first = 0; first <= at.State; first += Threads)
                {
                    SoftmaxState own = State(arguments, at, first);
                    factors[Group.IdxX] = own.Rescale(maximum);
                    sums[Group.IdxX] = own.Sum;
                    Group.Barrier();
                    int count = Count(at, first);
                    ArrayView<float> part = parts.SubView(first * stride);
                    int state = 0;
                    for (; state <= count - LoadsAtOnce; state += LoadsAtOnce)
                    {
                        var four = new RegisterRow(
                            part[state * stride], part[(state + 1) * stride], part[(state + 2) * stride], part[(state + 3) * stride]);
                        output = FusedMultiplyAdd.Fma(factors[state], four.A, output);
                        output = FusedMultiplyAdd.Fma(factors[state + 1], four.B, output);
                        output = FusedMultiplyAdd.Fma(factors[state + 2], four.C, output);
                        output = FusedMultiplyAdd.Fma(factors[state + 3], four.D, output);
                    }

                    for (; state < count; state++)
                        output = FusedMultiplyAdd.Fma(factors[state], part[state * stride], output);
                    for (state = 0; state < count; state++)
                        sum += sums[state] * factors[state];

                    // Likewise.
                    Group.Barrier();
                }

                bool stores = firstColumn == 0 && Group.IdxX == 0;
                float normalizer = arguments.Finish(item, at.RowTile, at.Head, new SoftmaxState(maximum, sum), stores);
                if (column < arguments.ValueDimension)
                    arguments.Output[row + column] = TElement.Narrow(output * normalizer);
            }
        }

        private static float Maximum(Arguments arguments, WorkTile at, ArrayView<float> maxima)
        {
            float maximum = float.NegativeInfinity;
            for (int first = 0; first <= at.State; first += Threads)
            {
                maxima[Group.IdxX] = State(arguments, at, first).Maximum;
                Group.Barrier();
                for (int state = 0; state < Count(at, first); state++)
                    maximum = SoftmaxState.Larger(maximum, maxima[state]);

                // Others may still read where the next ones are stored.
                Group.Barrier();
            }

            return maximum;
        }

        // The thread's state of those from one on; behind the last one that.
        private static SoftmaxState State(Arguments arguments, WorkTile at, int first) =>
            arguments.State(at, at.RowTile, at.Head, Math.Min(first + Group.IdxX, at.State));

        private static int Count(WorkTile at, int first) => Math.Min(Threads, at.State + 1 - first);
    }
}
