using AttentionKernels.Attention.State;
using AttentionKernels.Attention.Work;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

internal static partial class AttentionModule<TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector>
{
    /// <summary>Split-KV attention of the Simt schedule: its kernel, and the kernel's steps on a tile of rows and keys, which are scores,
    /// softmax, and weighted values.</summary>
    /// <typeparam name="TAccess">How rows are accessed.</typeparam>
    /// <typeparam name="TTile">A thread's share of the rows.</typeparam>
    internal static partial class SimtDecode<TAccess, TTile>
        where TAccess : struct, IRowAccess
        where TTile : struct, IRowTile<TTile>
    {
        private const int Keys = TileSizes.SimtDecodeKeys;
        private const int Line = TileSizes.SimtDecodeLine;
        private const int LineFours = TileSizes.SimtDecodeLineFours;
        private const int WeightFours = TileSizes.SimtDecodeWeightFours;
        private const int Columns = TileSizes.SimtDecodeColumns;

        // A row of a block's columns, in fours: a thread each, of each part.
        private const int ColumnFours = Columns / 4;

        // Parts of a work group, each of which takes other values.
        private const int Parts = Keys / ColumnFours;

        // Lines of a value in a panel, and values of one.
        private const int ValueLines = Columns / Line;
        private const int PanelValues = Keys / ValueLines;

        /// <summary>The numbers of a row's loads, of queries, keys and values, are a part of so many.</summary>
        public static int LoadedNumbers => Math.Max(Lines<TElement>.PerLoad, Math.Max(Lines<TKey>.PerLoad, Lines<TValue>.PerLoad));

        // Which four columns of a block the thread owns, and which part of the values.
        private static int Column => Group.IdxX % ColumnFours;

        private static int Part => Group.IdxX / ColumnFours;

        /// <summary>Locates the queries of the rows; those that the tile does not have are its last one.</summary>
        private static void LocateRows(Arguments arguments, DecodeMemory memory, SimtRows rows)
        {
            int thread = Group.IdxX;
            if (thread >= TTile.Rows)
                return;
            int row = Math.Min(thread, rows.Count - 1);
            long offset = arguments.QueryOffset(rows.Item, rows.Query(row), rows.Head(row));
            memory.QueryRows[thread] = Lines<TElement>.Start(offset);
            memory.Positions[thread] = TWork.Position(arguments.Work, rows.Item, rows.Head(row), rows.Query(row));
        }

        /// <summary>Locates the keys and values of the tile; those that it does not have are its last one, with weights of 0.</summary>
        /// <returns>The thread's token.</returns>
        private static StoredToken Locate(Arguments arguments, DecodeMemory memory, SimtRows rows, SimtKeys keys)
        {
            int key = Group.IdxX;
            StoredToken token = arguments.Token(rows.Item, keys.First + Math.Min(key, keys.Count - 1), rows.KeyValueHead);
            memory.KeyRows[key] = Lines<TKey>.Start(token.KeyRow);
            memory.ValueRows[key] = Lines<TValue>.Start(token.ValueRow);
            return token;
        }

        /// <summary>Q·Kᵀ of the thread's key: lines of queries and keys stream through shared memory.</summary>
        private static TTile Products(Arguments arguments, DecodeMemory memory)
        {
            ArrayView<RegisterRow> own = memory.Panel.SubView(Group.IdxX * LineFours);

            // A loop that might run zero times and has a barrier makes PoCL copy all that follows it, so the bound is 1 or more.
            int end = Math.Max(1, arguments.HeadDimension);
            TTile products = default;
            for (int first = 0; first < end; first += Line)
            {
                // What is in shared memory may still be read, and rows are located.
                Group.Barrier();
                CopyQueries(arguments, memory, first);
                CopyKeys(arguments, memory, first);
                Group.Barrier();
                for (int four = 0; four < Line / 4; four++)
                    products = TTile.MultiplyAdd(products, memory.Queries.SubView(four), own[four]);
            }

            return products;
        }

        // One load a thread; 0 behind the last dimension.
        private static void CopyQueries(Arguments arguments, DecodeMemory memory, int first)
        {
            int row = Group.IdxX / Lines<TElement>.Loads;
            if (row >= TTile.Rows)
                return;
            int number = Group.IdxX % Lines<TElement>.Loads * Lines<TElement>.PerLoad;
            ArrayView<RegisterRow> target = memory.Queries.SubView((row * (Line / 4)) + (number / 4));
            if (first + number >= arguments.HeadDimension)
                Lines<TElement>.Clear(target);
            else
                new Lines<TElement>(arguments.Query, first + number, arguments.HeadDimension).Copy(memory.QueryRows[row], target);
        }

        // A line of each key, neighbouring parts of it by neighbouring threads; 0 behind the last dimension.
        private static void CopyKeys(Arguments arguments, DecodeMemory memory, int first)
        {
            int number = Group.IdxX % Lines<TKey>.Loads * Lines<TKey>.PerLoad;
            int ownLine = Group.IdxX / Lines<TKey>.Loads;
            ArrayView<long> starts = memory.KeyRows.SubView(ownLine);
            ArrayView<RegisterRow> target = memory.Panel.SubView((ownLine * LineFours) + (number / 4));
            if (first + number >= arguments.HeadDimension)
            {
                for (int load = 0; load < Lines<TKey>.Loads; load++)
                    Lines<TKey>.Clear(target.SubView(load * (Keys / Lines<TKey>.Loads) * LineFours));
                return;
            }

            new Lines<TKey>(arguments.Keys.Data, first + number, arguments.HeadDimension)
                .Copy(starts, Keys / Lines<TKey>.Loads, target);
        }

        /// <summary>Stores the scores of the thread's key, −∞ where masked or outside.</summary>
        /// <param name="products">The products.</param>
        /// <param name="arguments">The arguments.</param>
        /// <param name="memory">Shared memory.</param>
        /// <param name="rows">The rows.</param>
        /// <param name="keys">The keys.</param>
        /// <param name="scale">The key's scale.</param>
        private static void StoreScores(
            TTile products, Arguments arguments, DecodeMemory memory, SimtRows rows, SimtKeys keys, float scale)
        {
            int key = Group.IdxX;
            ArrayView<float> scores = memory.Weights.Cast<float>().SubView(key);
            TTile.StoreSums(products, scores);

            // Outside the tile the variant is asked about a position inside, since it may look things up by it, and the answer is not used.
            int token = keys.First + Math.Min(key, keys.Count - 1);
            for (int row = 0; row < TTile.Rows; row++)
            {
                float score = arguments.Score(scale * scores[row * 4 * WeightFours], memory.Positions[row], token);
                scores[row * 4 * WeightFours] = row < rows.Count && key < keys.Count ? score : float.NegativeInfinity;
            }
        }

        /// <summary>Turns the scores of the thread's key into weights, times the value's scale, and adds them to the thread's
        /// sums.</summary>
        /// <param name="sums">The thread's sums, and the largest score so far.</param>
        /// <param name="memory">Shared memory.</param>
        /// <param name="scale">The value's scale.</param>
        /// <returns>The sums, and the largest score.</returns>
        private static RowSums Softmax(RowSums sums, DecodeMemory memory, float scale)
        {
            int thread = Group.IdxX;
            float maximum = sums.Maximum;
            Group.Barrier();
            if (thread < TTile.Rows)
            {
                // A NaN is no maximum, or a sum of NaN all the same.
                ArrayView<RegisterRow> own = memory.Weights.SubView(thread * WeightFours);
                for (int four = 0; four < Keys / 4; four++)
                {
                    RegisterRow scores = own[four];
                    maximum = Math.Max(Math.Max(maximum, Math.Max(scores.A, scores.B)), Math.Max(scores.C, scores.D));
                }

                // Where every score is masked, e^−∞ is to be 0 too.
                memory.Maxima[thread] = maximum == float.NegativeInfinity ? 0f : maximum;
                memory.Factors[thread] = new SoftmaxState(sums.Maximum, 0f).Rescale(maximum);
            }

            Group.Barrier();
            ArrayView<float> column = memory.Weights.Cast<float>().SubView(thread);
            return new RowSums(TTile.Weigh(sums.Tile, column, memory.Maxima, memory.Factors, scale), maximum);
        }

        /// <summary>A thread's sums of weights; thread r of the first few has the largest score of row r too.</summary>
        private readonly struct RowSums(TTile tile, float maximum)
        {
            public TTile Tile { get; } = tile;

            public float Maximum { get; } = maximum;
        }

        /// <summary>The thread's share of a block of columns with the tile's weighted values accumulated: values stream through shared
        /// memory, and each part of the work group takes a fourth of each panel.</summary>
        private static TTile Accumulate(TTile output, Arguments arguments, DecodeMemory memory, SimtKeys keys, int firstColumn)
        {
            // As in Products, the bound is 1 or more.
            int end = Math.Max(1, keys.Count);
            ArrayView<RegisterRow> own = memory.Panel.SubView(
                (Part * (PanelValues / Parts) * ValueLines * LineFours) + Column + (Column / (Line / 4)));
            ArrayView<RegisterRow> weights = memory.Weights.SubView(Part * (PanelValues / Parts) / 4);
            for (int first = 0; first < end; first += PanelValues)
            {
                // What is in shared memory may still be read.
                Group.Barrier();
                CopyValues(arguments, memory, first, firstColumn);
                Group.Barrier();
                for (int value = 0; value < PanelValues / Parts; value += 4)
                {
                    int at = value * ValueLines * LineFours;
                    output = TTile.Accumulate(output, weights.SubView((first + value) / 4), new RegisterTile(
                        own[at], own[at + (ValueLines * LineFours)], own[at + (2 * ValueLines * LineFours)],
                        own[at + (3 * ValueLines * LineFours)]));
                }
            }

            return output;
        }

        // The lines of a block's columns of some values, neighbouring parts by neighbouring threads; behind the last column any others,
        // which nobody stores.
        private static void CopyValues(Arguments arguments, DecodeMemory memory, int firstValue, int firstColumn)
        {
            int number = Group.IdxX % Lines<TValue>.Loads * Lines<TValue>.PerLoad;
            int ownLine = Group.IdxX / Lines<TValue>.Loads;
            int column = firstColumn + (ownLine % ValueLines * Line) + number;
            int ownValue = firstValue + (ownLine / ValueLines);
            ArrayView<long> starts = memory.ValueRows.SubView(ownValue);
            ArrayView<RegisterRow> target = memory.Panel.SubView((ownLine * LineFours) + (number / 4));
            new Lines<TValue>(arguments.Values.Data, column < arguments.ValueDimension ? column : 0, arguments.ValueDimension)
                .Copy(starts, PanelValues / Lines<TValue>.Loads, target);
        }
    }
}
