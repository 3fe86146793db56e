using AttentionKernels.Attention.State;
using AttentionKernels.Attention.Work;
using AttentionKernels.MicroKernels;
using AttentionKernels.MicroKernels.Warp;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

internal static partial class AttentionModule<TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector>
{
    internal readonly partial struct TensorCoreDecode<TBlocks, TAccess>
    {
        // Columns of a block and four more, against bank conflicts.
        private const int OutputRowBytes = sizeof(float) * (TileSizes.TensorCoreBlock + 4);

        private const int OutputBytes = Warps * Rows * OutputRowBytes;

        private const int StateBytes = 2 * Warps * Rows * sizeof(float);

        // Where the warps' states begin: behind queries, and outputs in their place.
        private static int StatesPlace => Math.Max(QueryBytes, OutputBytes);

        /// <summary>Merges the states of the warps, in their order, and stores them to the workspace.</summary>
        private static void Finish(DecodeState state, Arguments arguments, WorkTile tile, SimtRows rows)
        {
            int states = Shared + StatesPlace;
            int row = Lane >> 2;
            RowPair sums = state.Sums.QuadSum();
            if ((Lane & 3) == 0)
            {
                StoreState(states, row, state.Maximum.First, sums.First);
                StoreState(states, row + 8, state.Maximum.Second, sums.Second);
            }

            // Queries are read no more.
            Group.Barrier();
            var factors = new RowPair(Factor(states, row, state.Maximum.First), Factor(states, row + 8, state.Maximum.Second));
            if (Group.IdxX < rows.Count)
            {
                float maximum = Maximum(states, Group.IdxX);
                arguments.StoreState(
                    tile, rows.Query(Group.IdxX), rows.Head(Group.IdxX), new SoftmaxState(maximum, Sum(states, Group.IdxX, maximum)));
            }

            DecodeOutputs outputs = state.Outputs.Scale(factors.Scale(1f / WeightScale));
            Store(outputs.First, arguments, tile, rows, 0);
            if (TBlocks.Count > 1)
                StoreNext(outputs.Second, arguments, tile, rows, 1);
            if (TBlocks.Count > 2)
                StoreNext(outputs.Third, arguments, tile, rows, 2);
            if (TBlocks.Count > 3)
                StoreNext(outputs.Fourth, arguments, tile, rows, 3);
        }

        private static void StoreNext(OutputBlock outputs, Arguments arguments, WorkTile tile, SimtRows rows, int block)
        {
            // The block before may still be read.
            Group.Barrier();
            Store(outputs, arguments, tile, rows, block);
        }

        // A block of columns: four numbers a thread, of four rows one after the other.
        private static void Store(OutputBlock outputs, Arguments arguments, WorkTile tile, SimtRows rows, int block)
        {
            int own = Shared + (((OwnWarp * Rows) + (Lane >> 2)) * OutputRowBytes) + ((Lane & 3) * 16 * sizeof(float));
            outputs.Store(own, isUpper: true);
            outputs.Store(own + (8 * OutputRowBytes), isUpper: false);
            Group.Barrier();
            int four = Group.IdxX & 15;
            int column = (block * TileSizes.TensorCoreBlock) + (4 * four);
            int end = column < arguments.ValueDimension ? rows.Count : 0;
            for (int row = Group.IdxX >> 4; row < end; row += GroupSize / 16)
            {
                int address = Shared + (row * OutputRowBytes) + (four * 16);
                RegisterRow sum = Four(address);
                for (int warp = 1; warp < Warps; warp++)
                    sum = sum.Add(Four(address + (warp * Rows * OutputRowBytes)));
                SimtDecode<TAccess, OneRow>.Store(sum, arguments, tile, rows, row, column);
            }
        }

        private static RegisterRow Four(int address)
        {
            FragmentA bits = MemoryAddress.LoadShared(address);
            return new RegisterRow(
                Interop.IntAsFloat(bits.R0), Interop.IntAsFloat(bits.R1), Interop.IntAsFloat(bits.R2), Interop.IntAsFloat(bits.R3));
        }

        // The states of a row, one a warp, side by side: the maxima, and then the sums.
        private static void StoreState(int states, int row, float maximum, float sum)
        {
            MemoryAddress.StoreShared(states + MaximaOf(row) + (OwnWarp * sizeof(float)), Interop.FloatAsInt(maximum));
            MemoryAddress.StoreShared(states + SumsOf(row) + (OwnWarp * sizeof(float)), Interop.FloatAsInt(sum));
        }

        private static int MaximaOf(int row) => row * Warps * sizeof(float);

        private static int SumsOf(int row) => (Rows + row) * Warps * sizeof(float);

        private static float Maximum(int states, int row)
        {
            RegisterRow maxima = Four(states + MaximaOf(row));
            return Math.Max(Math.Max(maxima.A, maxima.B), Math.Max(maxima.C, maxima.D));
        }

        private static float Factor(int states, int row, float maximum) => new SoftmaxState(maximum, 0f).Rescale(Maximum(states, row));

        private static float Sum(int states, int row, float maximum)
        {
            RegisterRow maxima = Four(states + MaximaOf(row));
            RegisterRow sums = Four(states + SumsOf(row));
            return (sums.A * new SoftmaxState(maxima.A, 0f).Rescale(maximum)) + (sums.B * new SoftmaxState(maxima.B, 0f).Rescale(maximum))
                + (sums.C * new SoftmaxState(maxima.C, 0f).Rescale(maximum)) + (sums.D * new SoftmaxState(maxima.D, 0f).Rescale(maximum));
        }
    }
}
