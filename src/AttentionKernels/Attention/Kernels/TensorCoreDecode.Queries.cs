using AttentionKernels.Attention.Work;
using AttentionKernels.MicroKernels.Warp;
using ILGPU;
using ILGPU.Util;

namespace AttentionKernels.Attention.Kernels;

internal static partial class AttentionModule<TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector>
{
    internal readonly partial struct TensorCoreDecode<TBlocks, TAccess>
    {
        // Products of 16 dimensions.
        private static int DepthSteps => TBlocks.Count * TileSizes.TensorCoreBlock / 16;

        private const int FragmentBytes = 32 * 16;

        private static int QueryTerms => TKey.HasHalfFactors ? TElement.HalfTerms : TElement.BFloat16Terms;

        private static int QueryBytes => DepthSteps * QueryTerms * FragmentBytes;

        // fp16 has no exponents for all of fp32 and bf16: rows of such queries are taken times a power of two that brings the largest
        // number to 2¹⁴ and more.
        private static bool RowsAreScaled => TKey.HasHalfFactors && !TElement.HasHalfFactors;

        private static int QueryFragment(int step, int term, int lane) =>
            (((step * QueryTerms) + term) * FragmentBytes) + (lane * 16);

        /// <summary>Copies the queries to shared memory, as the lanes' share of A of each step and term; zeros behind the last dimension.
        /// Warps take turns.</summary>
        /// <returns>What the products of the lane's rows, g and g + 8, are multiplied by.</returns>
        private static RowPair CopyQueries(Arguments arguments, SimtRows rows)
        {
            int row = Lane >> 2;
            QueryRow upper = QueryRow.Of(arguments, rows, row);
            QueryRow lower = QueryRow.Of(arguments, rows, row + 8);
            for (int step = OwnWarp; step < DepthSteps; step += Warps)
            {
                int first = (32 * (step >> 1)) + (8 * (Lane & 3)) + (4 * (step & 1));
                MicroKernels.RegisterRow numbers = upper.Four(arguments, first);
                MicroKernels.RegisterRow lowerNumbers = lower.Four(arguments, first);
                var left = new QueryPair(numbers.A, numbers.B);
                var right = new QueryPair(numbers.C, numbers.D);
                var lowerLeft = new QueryPair(lowerNumbers.A, lowerNumbers.B);
                var lowerRight = new QueryPair(lowerNumbers.C, lowerNumbers.D);
                for (int term = 0; term < QueryTerms; term++)
                {
                    MemoryAddress.StoreSharedFour(
                        Shared + QueryFragment(step, term, Lane),
                        new FragmentA(left.Packed, lowerLeft.Packed, right.Packed, lowerRight.Packed));
                    left = left.Rest();
                    right = right.Rest();
                    lowerLeft = lowerLeft.Rest();
                    lowerRight = lowerRight.Rest();
                }
            }

            float scale = TModifier.IsIdentity ? arguments.Scale : 1f;
            return new RowPair(scale * upper.Inverse, scale * lower.Inverse);
        }

        /// <summary>A row's query; of rows behind the last one, which nobody stores, that of the last.</summary>
        private readonly struct QueryRow(long offset, float scale, float inverse)
        {
            // Exponents in the place of fp32's, their bias included: 2¹⁴ over the largest number's.
            private const int Largest = 14 + 127 + 127;

            public readonly long Offset = offset;
            public readonly float Scale = scale;
            public readonly float Inverse = inverse;

            public static QueryRow Of(Arguments arguments, SimtRows rows, int row)
            {
                int own = Math.Min(row, rows.Count - 1);
                var plain = new QueryRow(arguments.QueryOffset(rows.Item, rows.Query(own), rows.Head(own)), 1f, 1f);
                if (!RowsAreScaled)
                    return plain;
                uint exponent = (uint)Math.Max(1, Math.Min(Largest - (int)(plain.LargestBits(arguments) >> 23), 253));
                return new QueryRow(plain.Offset, Interop.IntAsFloat(exponent << 23), Interop.IntAsFloat((254 - exponent) << 23));
            }

            // Of the numbers without their signs; a quad of lanes has a row, and takes fours in turn.
            private uint LargestBits(Arguments arguments)
            {
                uint largest = 0;
                for (int first = 4 * (Lane & 3); first < arguments.HeadDimension; first += 16)
                {
                    MicroKernels.RegisterRow numbers = Four(arguments, first);
                    largest = Math.Max(Math.Max(largest, Bits(numbers.A)), Bits(numbers.B));
                    largest = Math.Max(Math.Max(largest, Bits(numbers.C)), Bits(numbers.D));
                }

                largest = Math.Max(largest, WarpShuffle.From(largest, Lane ^ 1));
                return Math.Max(largest, WarpShuffle.From(largest, Lane ^ 2));
            }

            private static uint Bits(float number) => Interop.FloatAsInt(number) & int.MaxValue;

            /// <summary>Four numbers; by one load where rows begin at multiples of as many, and have such many.</summary>
            public MicroKernels.RegisterRow Four(Arguments arguments, int dimension)
            {
                if (!TAccess.IsRegular)
                {
                    return new MicroKernels.RegisterRow(
                        Number(arguments, dimension), Number(arguments, dimension + 1), Number(arguments, dimension + 2),
                        Number(arguments, dimension + 3));
                }

                bool isInside = dimension < arguments.HeadDimension;
                long first = Offset + Utilities.Select(isInside, dimension, 0);
                long address = MemoryAddress.OfGlobal(ref arguments.Query[0]) + (first * Interop.SizeOf<TElement>());
                if (TElement.PerWord == 1)
                {
                    FragmentA words = MemoryAddress.LoadGlobalFour(address);
                    return new MicroKernels.RegisterRow(
                        Own(isInside, words.R0, 0), Own(isInside, words.R1, 0), Own(isInside, words.R2, 0), Own(isInside, words.R3, 0));
                }

                FragmentB pairs = MemoryAddress.LoadGlobalTwo(address);
                return new MicroKernels.RegisterRow(
                    Own(isInside, pairs.R0, 0), Own(isInside, pairs.R0, 1), Own(isInside, pairs.R1, 0), Own(isInside, pairs.R1, 1));
            }

            private float Own(bool isInside, uint word, int place) => Scale * TElement.Widen(Utilities.Select(isInside, word, 0u), place);

            private float Number(Arguments arguments, int dimension) =>
                dimension < arguments.HeadDimension ? Scale * TElement.Widen(arguments.Query[Offset + dimension]) : 0f;
        }

        /// <summary>Two neighbours of a query.</summary>
        private readonly struct QueryPair(float first, float second)
        {
            public readonly float First = first;
            public readonly float Second = second;

            public uint Packed => TensorCore<TKey>.Pack(First, Second);

            /// <summary>What packing rounds away; nothing of a number that is not finite.</summary>
            public QueryPair Rest()
            {
                uint packed = Packed;
                return new QueryPair(Rest(First, packed, 0), Rest(Second, packed, 1));
            }

            private static float Rest(float number, uint packed, int place)
            {
                float rest = number - TensorCore<TKey>.Unpack(packed, place);
                return Utilities.Select(Math.Abs(rest) <= float.MaxValue, rest, 0f);
            }
        }
    }
}
