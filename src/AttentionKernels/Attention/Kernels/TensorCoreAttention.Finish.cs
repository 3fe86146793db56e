using AttentionKernels.Attention.Work;
using AttentionKernels.Launching;
using AttentionKernels.MicroKernels.Warp;
using ILGPU.Runtime;

namespace AttentionKernels.Attention.Kernels;

internal static partial class AttentionModule<TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector>
{
    /// <summary>A kernel of the TensorCore schedule, whatever its tiles.</summary>
    internal abstract class TensorCoreKernel
    {
        /// <summary>The tiles of a range of an item's keys.</summary>
        public abstract TileGrid Grid(Arguments arguments, WorkItem item);

        /// <summary>Queues so many tiles on a stream.</summary>
        public abstract void Run(AcceleratorStream stream, Arguments arguments, long tiles);
    }

    internal readonly partial struct TensorCoreAttention<TScores, TDepth, TOutput, TSums, TAccess>
    {
        private static void Finish(TensorCoreState<TOutput, TSums> state, Arguments arguments)
        {
            WorkTile tile = TWork.TileOfGroup(arguments.Work, ILGPU.Grid.IdxX);
            SimtRows rows = RowsOf(arguments, tile);
            int row = FirstWarpRow + (Lane >> 2);
            TileRows sums = TSums.Rows(state.Sums, TOutput.Rows);
            var factors = new TileRows(
                TensorCoreRow.Finish(arguments, tile, rows, row, state.Maximum.Upper, sums.Upper),
                TOutput.Rows > 16 ? TensorCoreRow.Finish(arguments, tile, rows, row + 16, state.Maximum.Lower, sums.Lower) : default);
            if (tile.HasStates)
            {
                int column = (Lane & 3) * 2;
                var upper = StatesOfThread.Of(arguments, tile, rows, row, column);
                var lower = StatesOfThread.Of(arguments, tile, rows, row + 16, column);
                TOutput.Map(state.Output, new StoredOutputs(arguments.Workspace, upper, lower, arguments.ValueDimension - column), 0);
            }
            else
                Store(TOutput.Scale(state.Output, factors), arguments, rows);

            RecomputeUnsound(arguments, tile, rows, state);
        }

        // Through shared memory, so that eight threads store 128 neighbouring bytes; a warp meets its own rows only.
        private static void Store(TOutput output, Arguments arguments, SimtRows rows)
        {
            int shared = Shared + (FirstWarpRow * SwizzledLane.RowBytes);
            TOutput.Store(output, SwizzledLane.OfAccumulator(shared, RowPageBytes, Lane), 0);
            WarpBarrier.Wait();
            int column = (Lane & 7) * 8;
            for (int row = Lane >> 3; row < TOutput.Rows; row += 4)
            {
                if (FirstWarpRow + row >= rows.Count)
                    continue;
                int from = SwizzledLane.At(shared, RowPageBytes, row, Lane & 7).Address;
                long offset = arguments.OutputOffset(rows.Item, rows.Query(FirstWarpRow + row), rows.Head(FirstWarpRow + row));
                long to = MemoryAddress.OfGlobal(ref arguments.Output[0]) + (2 * (offset + column));
                for (int page = 0; page < ValuePages; page++)
                {
                    if ((page * SwizzledLane.PageColumns) + column < arguments.ValueDimension)
                        Store(to + (page * SwizzledLane.RowBytes), MemoryAddress.LoadShared(from + (page * RowPageBytes)));
                }
            }
        }

        private static void Store(long address, FragmentA elements)
        {
            if (TAccess.IsRegular)
            {
                MemoryAddress.StoreGlobal(address, elements);
                return;
            }

            StorePair(address, elements.R0);
            StorePair(address + 4, elements.R1);
            StorePair(address + 8, elements.R2);
            StorePair(address + 12, elements.R3);
        }

        private static void StorePair(long address, uint pair)
        {
            MemoryAddress.StoreGlobalShort(address, pair);
            MemoryAddress.StoreGlobalShort(address + 2, pair >> 16);
        }

        /// <summary>The kernel on a device.</summary>
        internal sealed class Kernel(AttentionDevice device) : TensorCoreKernel
        {
            private readonly GroupKernel<TensorCoreAttention<TScores, TDepth, TOutput, TSums, TAccess>, Arguments> _kernel =
                device.LoadGroupKernel<TensorCoreAttention<TScores, TDepth, TOutput, TSums, TAccess>, Arguments>();

            public override TileGrid Grid(Arguments arguments, WorkItem item) =>
                TensorCoreAttention<TScores, TDepth, TOutput, TSums, TAccess>.Grid(arguments, item);

            public override void Run(AcceleratorStream stream, Arguments arguments, long tiles) => _kernel.Run(stream, arguments, tiles);
        }
    }
}
