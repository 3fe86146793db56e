using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

internal static partial class AttentionModule<TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector>
{
    internal static partial class TiledSimt<TAccess>
    {
        /// <summary>
        /// Q·Kᵀ of the tile, [key][row]: panels of queries and keys, transposed, stream through shared memory; while one is multiplied, the
        /// next comes into registers.
        /// </summary>
        public static TallTile Products(Arguments arguments, SimtMemory memory, SimtRows rows, SimtKeys keys)
        {
            // Four neighbouring threads copy 16 dimensions of a row, of the tile's first half and of its second.
            int row = Group.IdxX >> 2;
            int dimension = 4 * (Group.IdxX & 3);
            var source = new PanelSource(arguments, rows, keys, row);
            ArrayView<float> target = memory.Panels.Cast<float>().SubView((dimension * RowStride) + row);
            ArrayView<RegisterRow> ownRows = memory.Panels.SubView(2 * Y);
            ArrayView<RegisterRow> ownKeys = memory.Panels.SubView((KeyPanel / 4) + X);

            // A loop that might run zero times and has a barrier makes PoCL copy all that follows it, so the bound is 1 or more.
            int end = Math.Max(1, arguments.HeadDimension);
            TallTile products = default;
            RegisterTile panel = source.Panel(dimension);
            for (int first = 0; first < end; first += PanelDepth)
            {
                // What is in shared memory may still be read.
                Group.Barrier();
                Transpose(target, panel.Row0);
                Transpose(target.SubView(Rows / 2), panel.Row1);
                Transpose(target.SubView(KeyPanel), panel.Row2);
                Transpose(target.SubView(KeyPanel + (Keys / 2)), panel.Row3);
                Group.Barrier();
                dimension += PanelDepth;
                panel = source.Panel(dimension);
                for (int depth = 0; depth < PanelDepth; depth++)
                {
                    products = products.MultiplyAdd(
                        ownKeys[depth * RowFours], new RegisterColumn(ownRows[depth * RowFours], ownRows[(depth * RowFours) + 1]));
                }
            }

            return products;
        }

        /// <summary>Stores the thread's products, where their weights will be.</summary>
        public static void StoreProducts(SimtMemory memory, TallTile products)
        {
            ArrayView<RegisterRow> target = memory.Weights.SubView((4 * X * RowFours) + (2 * Y));
            target[0] = products.Upper.Row0;
            target[1] = products.Lower.Row0;
            target[RowFours] = products.Upper.Row1;
            target[RowFours + 1] = products.Lower.Row1;
            target[2 * RowFours] = products.Upper.Row2;
            target[(2 * RowFours) + 1] = products.Lower.Row2;
            target[3 * RowFours] = products.Upper.Row3;
            target[(3 * RowFours) + 1] = products.Lower.Row3;
        }

        private static void Transpose(ArrayView<float> target, RegisterRow numbers)
        {
            target[0] = numbers.A;
            target[RowStride] = numbers.B;
            target[2 * RowStride] = numbers.C;
            target[3 * RowStride] = numbers.D;
        }

        // What a thread copies: two rows of queries and two of keys, four dimensions at a time. Rows that the tile does not have are its
        // last one, and their products are not used.
        private readonly struct PanelSource
        {
            private readonly int _dimensions;
            private readonly NumberRow<TElement> _upperQuery;
            private readonly NumberRow<TElement> _lowerQuery;
            private readonly NumberRow<TKey> _upperKey;
            private readonly NumberRow<TKey> _lowerKey;

            public PanelSource(Arguments arguments, SimtRows rows, SimtKeys keys, int row)
            {
                _dimensions = arguments.HeadDimension;
                _upperQuery = Query(arguments, rows, row);
                _lowerQuery = Query(arguments, rows, row + (Rows / 2));
                _upperKey = Key(arguments, rows, keys, row);
                _lowerKey = Key(arguments, rows, keys, row + (Keys / 2));
            }

            /// <summary>Upper and lower query, upper and lower key, from a dimension on; 0 behind the last dimension.</summary>
            public RegisterTile Panel(int dimension) => dimension < _dimensions
                ? new(_upperQuery.Four(dimension), _lowerQuery.Four(dimension), _upperKey.Four(dimension), _lowerKey.Four(dimension))
                : default;

            private static NumberRow<TElement> Query(Arguments arguments, SimtRows rows, int row)
            {
                long offset = arguments.QueryOffset(rows.Item, rows.First + Math.Min(row, rows.Count - 1), rows.FirstHead);
                return new NumberRow<TElement>(arguments.Query, offset, arguments.HeadDimension, 1f);
            }

            private static NumberRow<TKey> Key(Arguments arguments, SimtRows rows, SimtKeys keys, int key)
            {
                int token = keys.First + Math.Min(key, keys.Count - 1);
                return new NumberRow<TKey>(
                    arguments.Keys.Data, arguments.KeyRow(rows.Item, token, rows.KeyValueHead), arguments.HeadDimension,
                    arguments.KeyScale(rows.Item, token, rows.KeyValueHead));
            }
        }
    }
}
