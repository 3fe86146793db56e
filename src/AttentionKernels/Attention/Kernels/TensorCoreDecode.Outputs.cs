using AttentionKernels.MicroKernels.Warp;

namespace AttentionKernels.Attention.Kernels;

internal static partial class AttentionModule<TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector>
{
    internal readonly partial struct TensorCoreDecode<TBlocks, TAccess>
    {
        // Weights are at most 1: fp16 has 15 bits more below them where they are taken times so much.
        private static float WeightScale => TValue.HasHalfFactors ? 1 << 14 : 1f;

        private static int WeightTerms => TValue.HasHalfFactors ? TElement.HalfTerms : TElement.BFloat16Terms;

        /// <summary>A warp's weights as A of the second product, the sum of up to three terms.</summary>
        private readonly struct Weights(FragmentA first, FragmentA second, FragmentA third)
        {
            public readonly FragmentA First = first;
            public readonly FragmentA Second = second;
            public readonly FragmentA Third = third;

            public static Weights Of(TensorCore<TElement>.Block weights)
            {
                var first = new TensorCore<TValue>.Block(weights.Left, weights.Right);
                if (TValue.HasHalfFactors)
                    first = first.Scale(new RowPair(WeightScale, WeightScale));
                TensorCore<TValue>.Block second = WeightTerms > 1 ? first.Rest() : default;
                TensorCore<TValue>.Block third = WeightTerms > 2 ? second.Rest() : default;
                return new Weights(
                    first.Pack(), WeightTerms > 1 ? second.Pack() : default, WeightTerms > 2 ? third.Pack() : default);
            }

            /// <summary>Two columns of eight with those of a product with values, as their lanes have packed them.</summary>
            public TensorCore<TValue>.Block Add(TensorCore<TValue>.Block columns, FragmentA values)
            {
                columns = columns.Add(First, values);
                if (WeightTerms > 1)
                    columns = columns.Add(Second, values);
                if (WeightTerms > 2)
                    columns = columns.Add(Third, values);
                return columns;
            }
        }

        /// <summary>A warp's outputs: the blocks of its columns.</summary>
        private readonly struct DecodeOutputs(OutputBlock first, OutputBlock second, OutputBlock third, OutputBlock fourth)
        {
            public readonly OutputBlock First = first;
            public readonly OutputBlock Second = second;
            public readonly OutputBlock Third = third;
            public readonly OutputBlock Fourth = fourth;

            public DecodeOutputs Scale(RowPair factors) => new(
                RowRescale.Scale(First, factors), TBlocks.Count > 1 ? RowRescale.Scale(Second, factors) : default,
                TBlocks.Count > 2 ? RowRescale.Scale(Third, factors) : default,
                TBlocks.Count > 3 ? RowRescale.Scale(Fourth, factors) : default);
        }

        /// <summary>64 columns of outputs: column 8n + j of them is column n of the j-th product of eight; two products a pair.</summary>
        private readonly struct OutputBlock(
            TensorCore<TValue>.Block first, TensorCore<TValue>.Block second, TensorCore<TValue>.Block third,
            TensorCore<TValue>.Block fourth)
        {
            [RowsBelow(0)] public readonly TensorCore<TValue>.Block First = first;
            [RowsBelow(0)] public readonly TensorCore<TValue>.Block Second = second;
            [RowsBelow(0)] public readonly TensorCore<TValue>.Block Third = third;
            [RowsBelow(0)] public readonly TensorCore<TValue>.Block Fourth = fourth;

            public OutputBlock Add(Loads values, Weights weights)
            {
                FragmentA first = TensorCore<TValue>.Factors(values.First, asHalf: false);
                FragmentA second = TensorCore<TValue>.Factors(values.Second, asHalf: false);
                FragmentA third = TensorCore<TValue>.Factors(values.Third, asHalf: false);
                FragmentA fourth = TensorCore<TValue>.Factors(values.Fourth, asHalf: false);
                return new OutputBlock(
                    weights.Add(First, Columns(first.R0, second.R0, third.R0, fourth.R0)),
                    weights.Add(Second, Columns(first.R1, second.R1, third.R1, fourth.R1)),
                    weights.Add(Third, Columns(first.R2, second.R2, third.R2, fourth.R2)),
                    weights.Add(Fourth, Columns(first.R3, second.R3, third.R3, fourth.R3)));
            }

            /// <summary>Stores the lane's columns of row g, or g + 8, to shared memory: 16 of them, side by side.</summary>
            public void Store(int address, bool isUpper)
            {
                Store(address, Row(First.Left, isUpper), Row(First.Right, isUpper), Row(Second.Left, isUpper), Row(Second.Right, isUpper));
                Store(
                    address + 16, Row(Third.Left, isUpper), Row(Third.Right, isUpper), Row(Fourth.Left, isUpper),
                    Row(Fourth.Right, isUpper));
            }

            // Two columns of four keys, from a pair of columns of each.
            private static FragmentA Columns(uint first, uint second, uint third, uint fourth) => new(
                Interleave.Lower(first, second), Interleave.Lower(third, fourth), Interleave.Upper(first, second),
                Interleave.Upper(third, fourth));

            // Columns 2t and 2t + 1 of a product.
            private static RowPair Row(Accumulator numbers, bool isUpper) =>
                isUpper ? new RowPair(numbers.R0, numbers.R1) : new RowPair(numbers.R2, numbers.R3);

            // Four columns of 8n, and those of the next n.
            private static void Store(int address, RowPair a, RowPair b, RowPair c, RowPair d)
            {
                MemoryAddress.StoreSharedFour(address, Four(a.First, b.First, c.First, d.First));
                MemoryAddress.StoreSharedFour(address + 32, Four(a.Second, b.Second, c.Second, d.Second));
            }

            private static FragmentA Four(float a, float b, float c, float d) => new(
                ILGPU.Interop.FloatAsInt(a), ILGPU.Interop.FloatAsInt(b), ILGPU.Interop.FloatAsInt(c), ILGPU.Interop.FloatAsInt(d));
        }
    }
}
