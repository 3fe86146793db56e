using AttentionKernels.Attention.State;
using AttentionKernels.Attention.Work;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

internal static partial class AttentionModule<TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector>
{
    internal static partial class TiledSimt<TAccess>
    {
        // Keys of a row that are summed up one after the other, and how many times a thread does so.
        private const int Share = Keys / TileSizes.SimtParts;
        private const int SharesPerThread = Rows * Keys / Threads / Share;

        /// <summary>
        /// Turns the tile's products into scores and those into weights, 0 where masked, stores what older outputs are multiplied by, and
        /// returns the new state of the thread's row.
        /// </summary>
        public static SoftmaxState Softmax(SoftmaxState state, Arguments arguments, SimtMemory memory, SimtRows rows, SimtKeys keys)
        {
            int firstKey = Half * SharesPerThread * Share;
            ArrayView<float> weights = memory.Weights.Cast<float>().SubView((firstKey * RowStride) + OwnRow);

            // Outside the tile the variant is asked about a position inside, since it may look things up by it, and the answer is not used.
            bool isInside = OwnRow < rows.Count;
            Position first = TWork.Position(
                arguments.Work, rows.Item, rows.FirstHead, rows.First + Math.Min(OwnRow, rows.Count - 1));
            float maximum = float.NegativeInfinity;
            for (int key = 0; key < SharesPerThread * Share; key++)
            {
                int place = Math.Min(firstKey + key, keys.Count - 1);
                float score = arguments.Score(weights[key * RowStride], first, keys.First + place);
                score = isInside && firstKey + key < keys.Count ? score : float.NegativeInfinity;
                weights[key * RowStride] = score;
                maximum = SoftmaxState.Larger(maximum, score);
            }

            memory.Partials[(Half * Rows) + OwnRow] = maximum;
            Group.Barrier();
            maximum = state.Maximum;
            for (int half = 0; half < Threads / Rows; half++)
                maximum = SoftmaxState.Larger(maximum, memory.Partials[(half * Rows) + OwnRow]);
            Group.Barrier();

            // Where every score is masked, e^−∞ is to be 0 too.
            float shift = maximum == float.NegativeInfinity ? 0f : maximum;
            for (int share = 0; share < SharesPerThread; share++)
            {
                float partial = 0f;
                for (int key = share * Share; key < (share + 1) * Share; key++)
                {
                    float weight = Exponential.Exp(weights[key * RowStride] - shift);
                    weights[key * RowStride] = weight;
                    partial += weight;
                }

                memory.Partials[(((Half * SharesPerThread) + share) * Rows) + OwnRow] = partial;
            }

            float rescale = state.Rescale(maximum);
            if (Half == 0)
                memory.Factors.Cast<float>()[OwnRow] = rescale;
            Group.Barrier();
            float sum = state.Sum * rescale;
            for (int share = 0; share < TileSizes.SimtParts; share++)
                sum += memory.Partials[(share * Rows) + OwnRow];
            return new SoftmaxState(maximum, sum);
        }
    }
}
