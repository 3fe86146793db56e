using AttentionKernels.Attention.State;
using AttentionKernels.Attention.Work;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

internal static partial class AttentionModule<TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector>
{
    /// <summary>The steps of <see cref="TiledAttentionSimt{TTile}"/> on a tile of rows and keys: products, scores, softmax, weighted
    /// values.</summary>
    internal static class SimtTile
    {
        public const int Rows = TileSizes.SimtRows;
        public const int Keys = TileSizes.SimtKeys;

        /// <summary>Output columns of a block.</summary>
        public const int BlockColumns = TileSizes.SimtBlockColumns;

        public const int Side = 16;
        public const int GroupSize = TileSizes.SimtThreads;
        public const int ThreadsPerRow = TileSizes.SimtThreadsPerRow;
        public const int PanelDepth = TileSizes.SimtPanelDepth;
        public const int PanelStride = TileSizes.SimtPanelStride;
        public const int PanelLength = PanelDepth * PanelStride;
        public const int WeightStride = TileSizes.SimtWeightStride;

        /// <summary>The thread's 4 × 4 tile of Q·Kᵀ.</summary>
        public static RegisterTile Products(Arguments arguments, SimtMemory memory, SimtRows rows, SimtKeys keys)
        {
            int x = Group.IdxX % Side;
            int y = Group.IdxX / Side;
            ArrayView<float> panels = memory.Panels;
            RegisterTile products = default;
            for (int firstDimension = 0; firstDimension < arguments.HeadDimension; firstDimension += PanelDepth)
            {
                // The panels may still be read as the previous step's values.
                Group.Barrier();
                for (int element = Group.IdxX; element < Rows * PanelDepth; element += GroupSize)
                {
                    int token = element / PanelDepth;
                    int depth = element % PanelDepth;
                    int dimension = firstDimension + depth;
                    bool inside = dimension < arguments.HeadDimension;
                    float query = 0f;
                    if (inside && token < rows.Count)
                    {
                        long row = arguments.QueryOffset(rows.Item, rows.First + token, rows.FirstHead);
                        query = TElement.Widen(arguments.Query[row + dimension]);
                    }

                    float key = 0f;
                    if (inside && token < keys.Count)
                        key = arguments.KeyNumber(rows.Item, keys.First + token, rows.KeyValueHead, dimension);
                    panels[(depth * PanelStride) + token] = query;
                    panels[PanelLength + (depth * PanelStride) + token] = key;
                }

                Group.Barrier();
                for (int depth = 0; depth < PanelDepth; depth++)
                {
                    int queries = (depth * PanelStride) + (4 * y);
                    int keyColumn = PanelLength + (depth * PanelStride) + x;
                    products = products.MultiplyAdd(
                        RegisterRow.Load(panels, queries, 1),
                        RegisterRow.Load(panels, keyColumn, Side));
                }
            }

            return products;
        }

        /// <summary>Stores the thread's products as scores, −∞ where masked or outside.</summary>
        public static void StoreScores(Arguments arguments, SimtMemory memory, RegisterTile products, SimtRows rows, SimtKeys keys)
        {
            int row = 4 * (Group.IdxX / Side);
            StoreScoreRow(arguments, memory, products.Row0, row, rows, keys);
            StoreScoreRow(arguments, memory, products.Row1, row + 1, rows, keys);
            StoreScoreRow(arguments, memory, products.Row2, row + 2, rows, keys);
            StoreScoreRow(arguments, memory, products.Row3, row + 3, rows, keys);
        }

        /// <summary>
        /// Turns the tile's scores into weights, −1 where masked, stores what older outputs are scaled by, and returns the row's new state.
        /// </summary>
        public static SoftmaxState Softmax(SoftmaxState state, SimtMemory memory)
        {
            const int Share = Keys / ThreadsPerRow;
            int row = Group.IdxX / ThreadsPerRow;
            int first = (row * WeightStride) + (Group.IdxX % ThreadsPerRow * Share);
            float maximum = float.NegativeInfinity;
            for (int key = 0; key < Share; key++)
                maximum = SoftmaxState.Larger(maximum, memory.Weights[first + key]);
            memory.Partials[Group.IdxX] = maximum;
            Group.Barrier();
            maximum = state.Maximum;
            for (int part = 0; part < ThreadsPerRow; part++)
                maximum = SoftmaxState.Larger(maximum, memory.Partials[(row * ThreadsPerRow) + part]);
            Group.Barrier();

            float sum = 0f;
            for (int key = 0; key < Share; key++)
            {
                float score = memory.Weights[first + key];
                float weight = SoftmaxState.Weight(score, maximum);
                memory.Weights[first + key] = score == float.NegativeInfinity ? -1f : weight;
                sum += weight;
            }

            memory.Partials[Group.IdxX] = sum;
            float rescale = state.Rescale(maximum);
            memory.Factors[row] = rescale;
            Group.Barrier();
            sum = state.Sum * rescale;
            for (int part = 0; part < ThreadsPerRow; part++)
                sum += memory.Partials[(row * ThreadsPerRow) + part];
            return new SoftmaxState(maximum, sum);
        }

        /// <summary>The thread's register tile of one block of columns, with the tile's weighted values accumulated.</summary>
        public static RegisterTile Accumulate(
            RegisterTile output, Arguments arguments, SimtMemory memory, SimtRows rows, SimtKeys keys, int block)
        {
            int x = Group.IdxX % Side;
            int y = Group.IdxX / Side;
            ArrayView<float> panels = memory.Panels;
            ArrayView<float> weights = memory.Weights;
            Group.Barrier();
            for (int element = Group.IdxX; element < Keys * BlockColumns; element += GroupSize)
            {
                int key = element / BlockColumns;
                int dimension = (block * BlockColumns) + (element % BlockColumns);
                float value = 0f;
                if (key < keys.Count && dimension < arguments.ValueDimension)
                    value = arguments.ValueNumber(rows.Item, keys.First + key, rows.KeyValueHead, dimension);
                panels[element] = value;
            }

            Group.Barrier();
            for (int key = 0; key < keys.Count; key++)
            {
                int column = (4 * y * WeightStride) + key;
                int values = (key * BlockColumns) + x;
                output = output.MultiplyAddUnlessMasked(
                    RegisterRow.Load(weights, column, WeightStride),
                    RegisterRow.Load(panels, values, Side));
            }

            return output;
        }

        /// <summary>Stores the thread's register tile of one block of columns.</summary>
        public static void Store(RegisterTile tile, Arguments arguments, SimtRows rows, int block)
        {
            int row = 4 * (Group.IdxX / Side);
            int column = (block * BlockColumns) + (Group.IdxX % Side);
            StoreRow(tile.Row0, arguments, rows, column, row);
            StoreRow(tile.Row1, arguments, rows, column, row + 1);
            StoreRow(tile.Row2, arguments, rows, column, row + 2);
            StoreRow(tile.Row3, arguments, rows, column, row + 3);
        }

        private static void StoreScoreRow(
            Arguments arguments, SimtMemory memory, RegisterRow products, int row, SimtRows rows, SimtKeys keys)
        {
            int x = Group.IdxX % Side;
            int target = (row * WeightStride) + x;
            memory.Weights[target] = Score(arguments, products.A, row, x, rows, keys);
            memory.Weights[target + Side] = Score(arguments, products.B, row, x + Side, rows, keys);
            memory.Weights[target + (2 * Side)] = Score(arguments, products.C, row, x + (2 * Side), rows, keys);
            memory.Weights[target + (3 * Side)] = Score(arguments, products.D, row, x + (3 * Side), rows, keys);
        }

        private static float Score(Arguments arguments, float product, int row, int key, SimtRows rows, SimtKeys keys)
        {
            // Outside the tile the variant is asked about a position inside, since it may look things up by it, and the answer is not used.
            bool inside = row < rows.Count && key < keys.Count;
            Position first = TWork.Position(arguments.Work, rows.Item, rows.FirstHead, rows.First + Math.Min(row, rows.Count - 1));
            float score = arguments.Score(product, first, keys.First + Math.Min(key, keys.Count - 1));
            return inside ? score : float.NegativeInfinity;
        }

        private static void StoreRow(RegisterRow values, Arguments arguments, SimtRows rows, int column, int row)
        {
            if (row >= rows.Count)
                return;
            long output = arguments.OutputOffset(rows.Item, rows.First + row, rows.FirstHead);
            if (column < arguments.ValueDimension)
                arguments.Output[output + column] = TElement.Narrow(values.A);
            if (column + Side < arguments.ValueDimension)
                arguments.Output[output + column + Side] = TElement.Narrow(values.B);
            if (column + (2 * Side) < arguments.ValueDimension)
                arguments.Output[output + column + (2 * Side)] = TElement.Narrow(values.C);
            if (column + (3 * Side) < arguments.ValueDimension)
                arguments.Output[output + column + (3 * Side)] = TElement.Narrow(values.D);
        }
    }
}
