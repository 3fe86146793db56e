using AttentionKernels.Attention.Layouts;
using AttentionKernels.Attention.Work;
using AttentionKernels.Formats;
using AttentionKernels.MicroKernels.Warp;
using ILGPU;
using ILGPU.Util;

namespace AttentionKernels.Attention.Kernels;

internal static partial class AttentionModule<TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector>
{
    internal readonly partial struct TensorCoreDecode<TBlocks, TAccess>
    {
        /// <summary>Rows of keys or values in memory, of which a lane loads eight numbers at a time.</summary>
        /// <typeparam name="TFormat">How they are stored.</typeparam>
        private readonly struct StoredRows<TFormat>(KeyValueBuffer<TFormat> memory, int length)
            where TFormat : unmanaged, IFormat<TFormat>
        {
            private readonly long _address = MemoryAddress.OfGlobal(ref memory.Data[0]);
            private readonly int _length = length;

            /// <summary>Eight numbers of a row, as they are stored; behind the row's end any others of it.</summary>
            /// <param name="row">Where the row begins.</param>
            /// <param name="lane">The lane's first number of the first load.</param>
            /// <param name="load">From there to this load's, a constant.</param>
            public FragmentA Load(long row, int lane, int load)
            {
                int first = lane + load;
                long start = _address + (row * Interop.SizeOf<TFormat>());
                if (!TAccess.IsRegular)
                    return Words(start, first);
                long address = start + Bytes(lane);
                if (TAccess.IsWhole)
                    return Load(address + Bytes(load));
                return Load(address + Utilities.Select(first < _length, Bytes(load), -Bytes(lane)));
            }

            /// <summary>The same; behind the row's end no bits, since a number of a query, which is 0 there, times one that is not finite
            /// were NaN.</summary>
            public FragmentA LoadFinite(long row, int lane, int load)
            {
                FragmentA words = Load(row, lane, load);
                if (!TAccess.IsRegular || TAccess.IsWhole)
                    return words;
                bool isInside = lane + load < _length;
                return new FragmentA(
                    Utilities.Select(isInside, words.R0, 0u), Utilities.Select(isInside, words.R1, 0u),
                    Utilities.Select(isInside, words.R2, 0u), Utilities.Select(isInside, words.R3, 0u));
            }

            private static int Bytes(int numbers) => numbers * 4 / TFormat.PerWord;

            // Eight numbers, whatever their bits.
            private static FragmentA Load(long address)
            {
                if (TFormat.PerWord == 2)
                    return MemoryAddress.LoadGlobalFour(address);
                if (TFormat.PerWord == 8)
                    return new FragmentA(MemoryAddress.LoadGlobalOne(address), 0, 0, 0);
                FragmentB words = MemoryAddress.LoadGlobalTwo(address);
                return new FragmentA(words.R0, words.R1, 0, 0);
            }

            // The same by units of one or two bytes, of a row that begins anywhere.
            private FragmentA Words(long start, int first)
            {
                int place = Bytes(first);
                int end = Bytes(_length + TFormat.PerUnit - 1);
                if (TFormat.PerWord == 2)
                {
                    return new FragmentA(
                        OfShorts(start, place, end), OfShorts(start, place + 4, end), OfShorts(start, place + 8, end),
                        OfShorts(start, place + 12, end));
                }

                if (TFormat.PerWord == 8)
                    return new FragmentA(OfBytes(start, place, end), 0, 0, 0);
                return new FragmentA(OfBytes(start, place, end), OfBytes(start, place + 4, end), 0, 0);
            }

            private static uint OfShorts(long start, int place, int end) => Short(start, place, end) | (Short(start, place + 2, end) << 16);

            private static uint OfBytes(long start, int place, int end) =>
                Byte(start, place, end) | (Byte(start, place + 1, end) << 8) | (Byte(start, place + 2, end) << 16)
                | (Byte(start, place + 3, end) << 24);

            private static uint Short(long start, int place, int end) =>
                Utilities.Select(place < end, MemoryAddress.LoadGlobalShort(start + Math.Min(place, end - 2)), 0u);

            private static uint Byte(long start, int place, int end) =>
                Utilities.Select(place < end, MemoryAddress.LoadGlobalByte(start + Math.Min(place, end - 1)), 0u);
        }

        /// <summary>A lane's loads of a block: of keys two halves of 32 dimensions of g and of g + 8, of values columns of four
        /// keys.</summary>
        private readonly struct Loads(FragmentA first, FragmentA second, FragmentA third, FragmentA fourth)
        {
            public readonly FragmentA First = first;
            public readonly FragmentA Second = second;
            public readonly FragmentA Third = third;
            public readonly FragmentA Fourth = fourth;
        }

        /// <summary>The warp's 16 keys, on their way from memory. Of rows that begin anywhere a block is loaded as it is multiplied: its
        /// loads are so many that registers hold no more.</summary>
        private readonly struct LoadedKeys
        {
            private readonly Loads _first;
            private readonly Loads _second;
            private readonly Loads _third;
            private readonly Loads _fourth;
            private readonly StoredRows<TKey> _rows;
            private readonly long _upper;
            private readonly long _lower;

            public LoadedKeys(Arguments arguments, Tokens tokens)
            {
                _rows = new StoredRows<TKey>(arguments.Keys, arguments.HeadDimension);
                _upper = tokens.KeyRow(Lane >> 2);
                _lower = tokens.KeyRow((Lane >> 2) + 8);
                if (!TAccess.IsRegular)
                    return;
                _first = Load(0);
                _second = TBlocks.Count > 1 ? Load(1) : default;
                _third = TBlocks.Count > 2 ? Load(2) : default;
                _fourth = TBlocks.Count > 3 ? Load(3) : default;
            }

            /// <summary>Q·Kᵀ.</summary>
            public TensorCore<TElement>.Block Products(int queries)
            {
                TensorCore<TKey>.Block scores = Add(default, Block(_first, 0), queries, 0);
                if (TBlocks.Count > 1)
                    scores = Add(scores, Block(_second, 1), queries, 1);
                if (TBlocks.Count > 2)
                    scores = Add(scores, Block(_third, 2), queries, 2);
                if (TBlocks.Count > 3)
                    scores = Add(scores, Block(_fourth, 3), queries, 3);
                return new TensorCore<TElement>.Block(scores.Left, scores.Right);
            }

            private Loads Block(Loads loaded, int block) => TAccess.IsRegular ? loaded : Load(block);

            private Loads Load(int block)
            {
                int lane = 8 * (Lane & 3);
                int load = TileSizes.TensorCoreBlock * block;
                return new Loads(
                    _rows.LoadFinite(_upper, lane, load), _rows.LoadFinite(_lower, lane, load), _rows.LoadFinite(_upper, lane, load + 32),
                    _rows.LoadFinite(_lower, lane, load + 32));
            }

            private static TensorCore<TKey>.Block Add(TensorCore<TKey>.Block scores, Loads loads, int queries, int block)
            {
                scores = AddHalf(scores, loads.First, loads.Second, queries, 4 * block);
                return AddHalf(scores, loads.Third, loads.Fourth, queries, (4 * block) + 2);
            }

            // 32 dimensions: two products a term.
            private static TensorCore<TKey>.Block AddHalf(
                TensorCore<TKey>.Block scores, FragmentA upperLoad, FragmentA lowerLoad, int queries, int step)
            {
                FragmentA upper = TensorCore<TKey>.Factors(upperLoad, asHalf: false);
                FragmentA lower = TensorCore<TKey>.Factors(lowerLoad, asHalf: false);
                scores = AddTerms(scores, new FragmentA(upper.R0, upper.R1, lower.R0, lower.R1), queries, step);
                return AddTerms(scores, new FragmentA(upper.R2, upper.R3, lower.R2, lower.R3), queries, step + 1);
            }

            private static TensorCore<TKey>.Block AddTerms(TensorCore<TKey>.Block scores, FragmentA keys, int queries, int step)
            {
                scores = scores.Add(MemoryAddress.LoadShared(queries + QueryFragment(step, 0, Lane)), keys);
                if (QueryTerms > 1)
                    scores = scores.Add(MemoryAddress.LoadShared(queries + QueryFragment(step, 1, Lane)), keys);
                if (QueryTerms > 2)
                    scores = scores.Add(MemoryAddress.LoadShared(queries + QueryFragment(step, 2, Lane)), keys);
                return scores;
            }
        }

        /// <summary>The values of the warp's 16 keys, on their way from memory, likewise.</summary>
        private readonly struct LoadedValues
        {
            private readonly Loads _first;
            private readonly Loads _second;
            private readonly Loads _third;
            private readonly Loads _fourth;
            private readonly StoredRows<TValue> _rows;
            private readonly ValueRows _at;

            public LoadedValues(Arguments arguments, Tokens tokens)
            {
                _rows = new StoredRows<TValue>(arguments.Values, arguments.ValueDimension);
                int key = (Lane & 3) * 2;
                _at = new ValueRows(tokens.ValueRow(key), tokens.ValueRow(key + 1), tokens.ValueRow(key + 8), tokens.ValueRow(key + 9));
                if (!TAccess.IsRegular)
                    return;
                _first = Load(0);
                _second = TBlocks.Count > 1 ? Load(1) : default;
                _third = TBlocks.Count > 2 ? Load(2) : default;
                _fourth = TBlocks.Count > 3 ? Load(3) : default;
            }

            /// <summary>Outputs with weights·V.</summary>
            public DecodeOutputs Accumulate(DecodeOutputs outputs, Weights weights) => new(
                outputs.First.Add(Block(_first, 0), weights), TBlocks.Count > 1 ? outputs.Second.Add(Block(_second, 1), weights) : default,
                TBlocks.Count > 2 ? outputs.Third.Add(Block(_third, 2), weights) : default,
                TBlocks.Count > 3 ? outputs.Fourth.Add(Block(_fourth, 3), weights) : default);

            private Loads Block(Loads loaded, int block) => TAccess.IsRegular ? loaded : Load(block);

            private Loads Load(int block)
            {
                int lane = 8 * (Lane >> 2);
                int load = TileSizes.TensorCoreBlock * block;
                return new Loads(
                    _rows.Load(_at.First, lane, load), _rows.Load(_at.Second, lane, load), _rows.Load(_at.Third, lane, load),
                    _rows.Load(_at.Fourth, lane, load));
            }
        }

        /// <summary>Where the values of a lane's four keys lie.</summary>
        private readonly struct ValueRows(long first, long second, long third, long fourth)
        {
            public readonly long First = first;
            public readonly long Second = second;
            public readonly long Third = third;
            public readonly long Fourth = fourth;
        }
    }
}
