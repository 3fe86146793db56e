using AttentionKernels.Attention.State;
using AttentionKernels.Attention.Work;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

internal static partial class AttentionModule<TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector>
{
    /// <summary>The steps of <see cref="SplitKvDecodeSimt{TTile}"/> on a tile of rows and keys: scores, softmax, states.</summary>
    internal static class SimtDecode
    {
        public const int Rows = TileSizes.SimtDecodeRows;
        public const int Keys = TileSizes.SimtDecodeKeys;
        public const int Threads = TileSizes.SimtDecodeThreads;

        /// <summary>Output columns of a block: one a thread.</summary>
        public const int BlockColumns = Threads;

        public const int PanelDepth = TileSizes.SimtDecodePanelDepth;
        public const int PanelStride = TileSizes.SimtDecodePanelStride;

        /// <summary>Computes the scores of the tile, −∞ where masked or outside.</summary>
        public static void Scores(
            Arguments arguments, ArrayView<float> queryPanel, ArrayView<float> keyPanel, ArrayView<float> weights,
            SimtRows rows, SimtKeys keys)
        {
            int ownKey = Group.IdxX % Keys;
            int ownRow = Group.IdxX / Keys;
            const int OtherRow = Threads / Keys;
            float product = 0f;
            float otherProduct = 0f;
            for (int firstDimension = 0; firstDimension < arguments.HeadDimension; firstDimension += PanelDepth)
            {
                int depths = Math.Min(PanelDepth, arguments.HeadDimension - firstDimension);
                for (int element = Group.IdxX; element < Rows * PanelDepth; element += Threads)
                {
                    int row = element / PanelDepth;
                    int depth = element % PanelDepth;
                    float query = 0f;
                    if (row < rows.Count && depth < depths)
                    {
                        long offset = arguments.QueryOffset(rows.Item, rows.Query(row), rows.Head(row));
                        query = TElement.Widen(arguments.Query[offset + firstDimension + depth]);
                    }

                    queryPanel[(row * PanelStride) + depth] = query;
                }

                for (int element = Group.IdxX; element < Keys * PanelDepth; element += Threads)
                {
                    int key = element / PanelDepth;
                    int depth = element % PanelDepth;
                    float value = 0f;
                    if (key < keys.Count && depth < depths)
                        value = arguments.KeyNumber(rows.Item, keys.First + key, rows.KeyValueHead, firstDimension + depth);
                    keyPanel[(key * PanelStride) + depth] = value;
                }

                Group.Barrier();
                for (int depth = 0; depth < depths; depth++)
                {
                    float key = keyPanel[(ownKey * PanelStride) + depth];
                    product = FusedMultiplyAdd.Fma(queryPanel[(ownRow * PanelStride) + depth], key, product);
                    otherProduct = FusedMultiplyAdd.Fma(queryPanel[((ownRow + OtherRow) * PanelStride) + depth], key, otherProduct);
                }

                Group.Barrier();
            }

            weights[(ownRow * Keys) + ownKey] = Score(arguments, product, ownRow, ownKey, rows, keys);
            weights[((ownRow + OtherRow) * Keys) + ownKey] = Score(arguments, otherProduct, ownRow + OtherRow, ownKey, rows, keys);
            Group.Barrier();
        }

        /// <summary>Turns scores into weights, −1 where masked; thread r of the first eight returns row r's new state, the others their old
        /// one.</summary>
        public static SoftmaxState Softmax(SoftmaxState state, ArrayView<float> weights, ArrayView<float> maxima, ArrayView<float> factors)
        {
            int thread = Group.IdxX;
            float rescale = 1f;
            if (thread < Rows)
            {
                float maximum = state.Maximum;
                for (int key = 0; key < Keys; key++)
                    maximum = SoftmaxState.Larger(maximum, weights[(thread * Keys) + key]);
                rescale = state.Rescale(maximum);
                maxima[thread] = maximum;
                factors[thread] = rescale;
            }

            Group.Barrier();
            for (int element = thread; element < Rows * Keys; element += Threads)
            {
                float score = weights[element];
                weights[element] = score == float.NegativeInfinity ? -1f : SoftmaxState.Weight(score, maxima[element / Keys]);
            }

            Group.Barrier();
            if (thread < Rows)
            {
                float sum = 0f;
                for (int key = 0; key < Keys; key++)
                {
                    float weight = weights[(thread * Keys) + key];
                    if (!(weight < 0f))
                        sum += weight;
                }

                state = new SoftmaxState(maxima[thread], (state.Sum * rescale) + sum);
            }

            return state;
        }

        /// <summary>A number of each row from shared memory, rows apart by a stride.</summary>
        public static RegisterColumn Column(ArrayView<float> source, int first, int stride) =>
            new(RegisterRow.Load(source, first, stride), RegisterRow.Load(source, first + (4 * stride), stride));

        /// <summary>Stores maximum and sum of the thread's row to the workspace.</summary>
        public static void StoreState(Arguments arguments, SoftmaxState state, SimtRows rows, WorkTile tile)
        {
            int row = Group.IdxX;
            if (row >= rows.Count)
                return;
            arguments.StoreState(tile, rows.Query(row), rows.Head(row), state);
        }

        private static float Score(Arguments arguments, float product, int row, int key, SimtRows rows, SimtKeys keys)
        {
            // Outside the tile the variant is asked about a position inside, since it may look things up by it, and the answer is not used.
            bool inside = row < rows.Count && key < keys.Count;
            int ownRow = Math.Min(row, rows.Count - 1);
            Position first = TWork.Position(arguments.Work, rows.Item, rows.Head(ownRow), rows.Query(ownRow));
            float score = arguments.Score(product, first, keys.First + Math.Min(key, keys.Count - 1));
            return inside ? score : float.NegativeInfinity;
        }
    }
}
