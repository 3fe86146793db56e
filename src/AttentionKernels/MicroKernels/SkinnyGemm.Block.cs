using System.Runtime.CompilerServices;
using AttentionKernels.Formats;
using AttentionKernels.Simd;

namespace AttentionKernels.MicroKernels;

internal static partial class SkinnyGemm<TVector, TFormat>
{
    /// <summary>The managed CPU's form: the products of a block of tokens with the rows of a head.</summary>
    internal static class Block
    {
        // Columns of an output row that stay in registers over a block's tokens.
        private static int ColumnBlock => SkinnyGemmShape.ColumnVectors * TVector.Lanes;

        /// <summary>A token's row.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ref TFormat Token(ref TFormat tokens, ref long offsets, nint token) =>
            ref Unsafe.Add(ref tokens, (nint)Unsafe.Add(ref offsets, token));

        /// <summary>Prefetches the rows of the next block's tokens.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void PrefetchNext(ref TFormat tokens, ref long block, int count, int dimension)
        {
            for (nint next = BlockTokens; next < BlockTokens + count; next++)
                Prefetch.Row(ref Token(ref tokens, ref block, next), (int)StoredSpan.Units<TFormat>(dimension));
        }

        /// <summary>scores[row][token] for up to four tokens; the next block is prefetched line by line where that is faster.</summary>
        [MethodImpl(InnerLoop.Compilation)]
        public static void Dots(
            ref float rows, ref TFormat tokens, ref long offsets, ref float scores, in SkinnyGemmShape shape, int count, int nextCount)
        {
            nint dimension = shape.Dimension, scoreStride = shape.Stride, rowCount = shape.RowsPerHead;

            // Fewer tokens than a block has: the first stands in for those that are missing, and its score is not stored.
            ref TFormat first = ref Token(ref tokens, ref offsets, 0);
            ref TFormat second = ref Token(ref tokens, ref offsets, count > 1 ? 1 : 0);
            ref TFormat third = ref Token(ref tokens, ref offsets, count > 2 ? 2 : 0);
            ref TFormat fourth = ref Token(ref tokens, ref offsets, count > 3 ? 3 : 0);
            nint whole = dimension - (dimension % TVector.Lanes);
            bool hasTails = whole < dimension;
            if (hasTails)
                DotTails(ref rows, ref tokens, ref offsets, ref scores, shape, count, whole);
            nint row = 0;
            for (; row <= rowCount - BlockRows; row += BlockRows)
            {
                ref float query = ref Unsafe.Add(ref rows, row * dimension);
                VectorQuad<TVector> s0 = default, s1 = default, s2 = default, s3 = default;
                for (nint element = 0; element < whole; element += TVector.Lanes)
                {
                    var keys = new VectorQuad<TVector>(
                        TFormat.Widen<TVector>(ref first, element), TFormat.Widen<TVector>(ref second, element),
                        TFormat.Widen<TVector>(ref third, element), TFormat.Widen<TVector>(ref fourth, element));
                    s0 = s0.MultiplyAdd(TVector.Load(ref query, element), keys);
                    s1 = s1.MultiplyAdd(TVector.Load(ref query, element + dimension), keys);
                    s2 = s2.MultiplyAdd(TVector.Load(ref query, element + (2 * dimension)), keys);
                    s3 = s3.MultiplyAdd(TVector.Load(ref query, element + (3 * dimension)), keys);
                }

                ref float score = ref Unsafe.Add(ref scores, row * scoreStride);
                s0.StoreSums(ref score, count, hasTails);
                s1.StoreSums(ref Unsafe.Add(ref score, scoreStride), count, hasTails);
                s2.StoreSums(ref Unsafe.Add(ref score, 2 * scoreStride), count, hasTails);
                s3.StoreSums(ref Unsafe.Add(ref score, 3 * scoreStride), count, hasTails);
            }

            if (row == 0 && nextCount == BlockTokens && SkinnyGemmShape.PrefetchesByLine(Unsafe.SizeOf<TFormat>(), TFormat.PerUnit))
            {
                ref TFormat next = ref Token(ref tokens, ref offsets, BlockTokens);
                ref TFormat nextSecond = ref Token(ref tokens, ref offsets, BlockTokens + 1);
                ref TFormat nextThird = ref Token(ref tokens, ref offsets, BlockTokens + 2);
                ref TFormat nextFourth = ref Token(ref tokens, ref offsets, BlockTokens + 3);
                VectorQuad<TVector> sums = default;
                for (nint element = 0; element < whole; element += TVector.Lanes)
                {
                    Prefetch.Line(ref Unsafe.Add(ref next, element / TFormat.PerUnit));
                    Prefetch.Line(ref Unsafe.Add(ref nextSecond, element / TFormat.PerUnit));
                    Prefetch.Line(ref Unsafe.Add(ref nextThird, element / TFormat.PerUnit));
                    Prefetch.Line(ref Unsafe.Add(ref nextFourth, element / TFormat.PerUnit));
                    sums = sums.MultiplyAdd(TVector.Load(ref rows, element), new VectorQuad<TVector>(
                        TFormat.Widen<TVector>(ref first, element), TFormat.Widen<TVector>(ref second, element),
                        TFormat.Widen<TVector>(ref third, element), TFormat.Widen<TVector>(ref fourth, element)));
                }

                sums.StoreSums(ref scores, count, hasTails);
                row++;
            }

            for (; row < rowCount; row++)
            {
                ref float query = ref Unsafe.Add(ref rows, row * dimension);
                VectorQuad<TVector> sums = default;
                for (nint element = 0; element < whole; element += TVector.Lanes)
                {
                    sums = sums.MultiplyAdd(TVector.Load(ref query, element), new VectorQuad<TVector>(
                        TFormat.Widen<TVector>(ref first, element), TFormat.Widen<TVector>(ref second, element),
                        TFormat.Widen<TVector>(ref third, element), TFormat.Widen<TVector>(ref fourth, element)));
                }

                sums.StoreSums(ref Unsafe.Add(ref scores, row * scoreStride), count, hasTails);
            }
        }

        /// <summary>outputs[row] += Σ over up to four tokens of weights[row][token] · token.</summary>
        [MethodImpl(InnerLoop.Compilation)]
        public static void AddRows(
            ref float weights, ref TFormat tokens, ref long offsets, ref float outputs, in SkinnyGemmShape shape, int count)
        {
            nint dimension = shape.Dimension, weightStride = shape.Stride, rowCount = shape.RowsPerHead;
            nint whole = dimension - (dimension % ColumnBlock);
            nint row = 0;
            for (; row <= rowCount - BlockRows; row += BlockRows)
            {
                for (nint column = 0; column < whole; column += ColumnBlock)
                {
                    ref float target = ref Unsafe.Add(ref outputs, (row * dimension) + column);
                    ref float weight = ref Unsafe.Add(ref weights, row * weightStride);
                    VectorQuad<TVector> o0 = VectorQuad<TVector>.Load(ref target);
                    VectorQuad<TVector> o1 = VectorQuad<TVector>.Load(ref Unsafe.Add(ref target, dimension));
                    VectorQuad<TVector> o2 = VectorQuad<TVector>.Load(ref Unsafe.Add(ref target, 2 * dimension));
                    VectorQuad<TVector> o3 = VectorQuad<TVector>.Load(ref Unsafe.Add(ref target, 3 * dimension));
                    for (nint token = 0; token < count; token++)
                    {
                        VectorQuad<TVector> values = Columns(ref Token(ref tokens, ref offsets, token), column);
                        o0 = o0.MultiplyAdd(TVector.Create(Unsafe.Add(ref weight, token)), values);
                        o1 = o1.MultiplyAdd(TVector.Create(Unsafe.Add(ref weight, token + weightStride)), values);
                        o2 = o2.MultiplyAdd(TVector.Create(Unsafe.Add(ref weight, token + (2 * weightStride))), values);
                        o3 = o3.MultiplyAdd(TVector.Create(Unsafe.Add(ref weight, token + (3 * weightStride))), values);
                    }

                    o0.Store(ref target);
                    o1.Store(ref Unsafe.Add(ref target, dimension));
                    o2.Store(ref Unsafe.Add(ref target, 2 * dimension));
                    o3.Store(ref Unsafe.Add(ref target, 3 * dimension));
                }

                for (nint each = row; each < row + BlockRows; each++)
                {
                    ref float output = ref Unsafe.Add(ref outputs, each * dimension);
                    AddRow(ref Unsafe.Add(ref weights, each * weightStride), ref tokens, ref offsets, ref output, count, whole, dimension);
                }
            }

            for (; row < rowCount; row++)
            {
                AddRow(
                    ref Unsafe.Add(ref weights, row * weightStride), ref tokens, ref offsets, ref Unsafe.Add(ref outputs, row * dimension),
                    count, 0, dimension);
            }
        }

        // What the vectors leave: the last elements of rows whose length is no multiple of the lanes.
        private static void DotTails(
            ref float rows, ref TFormat tokens, ref long offsets, ref float scores, in SkinnyGemmShape shape, int count, nint first)
        {
            for (nint row = 0; row < shape.RowsPerHead; row++)
            {
                ref float query = ref Unsafe.Add(ref rows, row * shape.Dimension);
                for (nint token = 0; token < count; token++)
                {
                    float sum = 0f;
                    for (nint element = first; element < shape.Dimension; element++)
                    {
                        float key = StoredSpan.Number(ref Token(ref tokens, ref offsets, token), element);
                        sum = MathF.FusedMultiplyAdd(Unsafe.Add(ref query, element), key, sum);
                    }

                    Unsafe.Add(ref scores, (row * shape.Stride) + token) = sum;
                }
            }
        }

        // The columns from the first on of a single row.
        [MethodImpl(InnerLoop.Compilation)]
        private static void AddRow(
            ref float weights, ref TFormat tokens, ref long offsets, ref float output, int count, nint first, nint dimension)
        {
            nint column = first;
            for (; column <= dimension - ColumnBlock; column += ColumnBlock)
            {
                VectorQuad<TVector> sum = VectorQuad<TVector>.Load(ref Unsafe.Add(ref output, column));
                for (nint token = 0; token < count; token++)
                {
                    VectorQuad<TVector> values = Columns(ref Token(ref tokens, ref offsets, token), column);
                    sum = sum.MultiplyAdd(TVector.Create(Unsafe.Add(ref weights, token)), values);
                }

                sum.Store(ref Unsafe.Add(ref output, column));
            }

            for (; column <= dimension - TVector.Lanes; column += TVector.Lanes)
            {
                TVector sum = TVector.Load(ref output, column);
                for (nint token = 0; token < count; token++)
                {
                    TVector value = TFormat.Widen<TVector>(ref Token(ref tokens, ref offsets, token), column);
                    sum = TVector.MultiplyAdd(TVector.Create(Unsafe.Add(ref weights, token)), value, sum);
                }

                sum.Store(ref output, column);
            }

            for (; column < dimension; column++)
            {
                float sum = Unsafe.Add(ref output, column);
                for (nint token = 0; token < count; token++)
                {
                    float value = StoredSpan.Number(ref Token(ref tokens, ref offsets, token), column);
                    sum = MathF.FusedMultiplyAdd(Unsafe.Add(ref weights, token), value, sum);
                }

                Unsafe.Add(ref output, column) = sum;
            }
        }

        // Four vectors of a token, one behind the other.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static VectorQuad<TVector> Columns(ref TFormat token, nint first) => new(
            TFormat.Widen<TVector>(ref token, first), TFormat.Widen<TVector>(ref token, first + TVector.Lanes),
            TFormat.Widen<TVector>(ref token, first + (2 * TVector.Lanes)), TFormat.Widen<TVector>(ref token, first + (3 * TVector.Lanes)));
    }
}
