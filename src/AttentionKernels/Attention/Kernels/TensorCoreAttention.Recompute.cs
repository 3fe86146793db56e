using AttentionKernels.Attention.Work;
using AttentionKernels.MicroKernels.Warp;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

internal static partial class AttentionModule<TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector>
{
    internal readonly partial struct TensorCoreAttention<TScores, TDepth, TOutput, TSums, TAccess>
    {
        // Not 0 for a NaN, whose bits are above those of infinity.
        private static int IsNaN(float number) => (0x7F80_0000 - ((int)Interop.FloatAsInt(number) & int.MaxValue)) >> 31;

        // The outputs of the warp's rows that are NaN, each once more by a thread of its own, which never reads a masked value. The state
        // of a row is right as it is: values have no part in it.
        private static void Recompute(Arguments arguments, WorkTile tile, SimtRows rows)
        {
            WarpBarrier.Wait();
            int end = Math.Min(FirstWarpRow + TOutput.Rows, rows.Count);
            for (int row = FirstWarpRow; row < end; row++)
            {
                int query = rows.Query(row);
                int head = rows.Head(row);
                for (int column = Lane; column < arguments.ValueDimension; column += 32)
                {
                    if (tile.HasStates)
                    {
                        long offset = arguments.StateOffset(tile, query, head, tile.State) + column;
                        if (float.IsNaN(arguments.Workspace[offset]))
                            arguments.Workspace[offset] = arguments.OutputOf(tile, rows, row, column);
                    }
                    else
                    {
                        long offset = arguments.OutputOffset(rows.Item, query, head) + column;
                        if (float.IsNaN(TElement.Widen(arguments.Output[offset])))
                            arguments.Output[offset] = TElement.Narrow(arguments.OutputOf(tile, rows, row, column));
                    }
                }
            }
        }
    }
}
