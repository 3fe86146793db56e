using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using AttentionKernels.Intrinsics.Simd;
using AttentionKernels.Memory;
using ILGPU;
using ILGPU.Backends.OpenCL;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace AttentionKernels.Intrinsics;

/// <summary>
/// Products of few rows with many tokens that come from memory once: what decoding is made of.
/// </summary>
/// <remarks>
/// <para>Tokens lie [token][head][dimension], and the heads of one token are one long run of memory. The loops go through
/// <see cref="BlockTokens"/> tokens at a time and, within them, through all heads, so that memory is read in a few long streams, which
/// is what hardware prefetchers follow; the next block is asked for on the way. Head by head, in pieces of one head dimension, the
/// same bytes arrive at half the speed. Where a head has several rows, the next block is asked for as a whole; for a row or two, which take
/// no longer than memory does, line by line as this one is read.</para>
/// <para>Every head has the same number of rows, which lie one after the other.</para>
/// </remarks>
internal static class RowProduct
{
    /// <summary>Tokens that are read side by side.</summary>
    public const int BlockTokens = 4;

    // Rows that share what is loaded of the tokens.
    private const int BlockRows = 4;

    // Columns of an output row that stay in registers over a block's tokens.
    private const int ColumnVectors = 4;

    /// <summary>scores[row][token] = rows[row] · tokens[token][head of the row].</summary>
    public static void Scores<TElement, TWidth>(
        ArrayView<float> rows, long rowsOffset, ArrayView<TElement> tokens, long tokensOffset, long tokenStride, long headStride,
        ArrayView<float> scores, long scoresOffset, int scoreStride, int heads, int rowsPerHead, int count, int dimension)
        where TElement : unmanaged, IElement<TElement>
        where TWidth : struct, IVectorWidth
    {
        MicroKernel.CheckExtent(rows, rowsOffset, (long)heads * rowsPerHead * dimension);
        MicroKernel.CheckExtent(tokens, tokensOffset, ((count - 1) * tokenStride) + ((heads - 1) * headStride) + dimension);
        MicroKernel.CheckExtent(scores, scoresOffset, ((((long)heads * rowsPerHead) - 1) * scoreStride) + count);
        ScoresCore<TElement, TWidth>(ref rows[rowsOffset], ref tokens[tokensOffset], tokenStride, headStride, ref scores[scoresOffset],
            scoreStride, heads, rowsPerHead, count, dimension);
    }

    /// <summary>outputs[row] += Σ over the tokens of weights[row][token] · tokens[token][head of the row].</summary>
    public static void Outputs<TElement, TWidth>(
        ArrayView<float> weights, long weightsOffset, int weightStride, ArrayView<TElement> tokens, long tokensOffset, long tokenStride, long headStride,
        ArrayView<float> outputs, long outputsOffset, int heads, int rowsPerHead, int count, int dimension)
        where TElement : unmanaged, IElement<TElement>
        where TWidth : struct, IVectorWidth
    {
        MicroKernel.CheckExtent(weights, weightsOffset, ((((long)heads * rowsPerHead) - 1) * weightStride) + count);
        MicroKernel.CheckExtent(tokens, tokensOffset, ((count - 1) * tokenStride) + ((heads - 1) * headStride) + dimension);
        MicroKernel.CheckExtent(outputs, outputsOffset, (long)heads * rowsPerHead * dimension);
        OutputsCore<TElement, TWidth>(ref weights[weightsOffset], ref tokens[tokensOffset], tokenStride, headStride, ref outputs[outputsOffset],
            weightStride, heads, rowsPerHead, count, dimension);
    }

    [IntrinsicImplementation]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ScoresCore<TElement, TWidth>(
        ref float rows, ref TElement tokens, long tokenStride, long headStride, ref float scores,
        int scoreStride, int heads, int rowsPerHead, int count, int dimension)
        where TElement : unmanaged, IElement<TElement>
        where TWidth : struct, IVectorWidth
    {
        nint ahead = (nint)tokenStride;
        for (nint token = 0; token < count; token += BlockTokens)
        {
            for (nint head = 0; head < heads; head++)
            {
                ref TElement first = ref Unsafe.Add(ref tokens, (token * (nint)tokenStride) + (head * (nint)headStride));
                int block = (int)Math.Min(BlockTokens, count - token);
                for (nint next = BlockTokens; rowsPerHead >= BlockRows && next < BlockTokens + block; next++)
                    Prefetch.Row(ref Unsafe.Add(ref first, next * ahead), dimension);
                ref float query = ref Unsafe.Add(ref rows, head * rowsPerHead * dimension);
                ref float score = ref Unsafe.Add(ref scores, (head * rowsPerHead * scoreStride) + token);
                if (typeof(TElement) == typeof(StoredFp16) && Fp16.AreFinite(ref Unsafe.As<TElement, StoredFp16>(ref first), ahead, block, dimension))
                {
                    ref FiniteFp16 finite = ref Unsafe.As<TElement, FiniteFp16>(ref first);
                    Dots<FiniteFp16, TWidth>(ref query, ref finite, ahead, ref score, scoreStride, rowsPerHead, block, dimension);
                }
                else
                {
                    Dots<TElement, TWidth>(ref query, ref first, ahead, ref score, scoreStride, rowsPerHead, block, dimension);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Dots<TElement, TWidth>(
        ref float rows, ref TElement tokens, nint stride, ref float scores, nint scoreStride, nint rowCount, int count, nint dimension)
        where TElement : unmanaged, IElement<TElement>
        where TWidth : struct, IVectorWidth
    {
        if (TWidth.Lanes == 16)
            Dots<TElement, Simd512, Vector512<float>>(ref rows, ref tokens, stride, ref scores, scoreStride, rowCount, count, dimension);
        else if (TWidth.Lanes == 8)
            Dots<TElement, Simd256, Vector256<float>>(ref rows, ref tokens, stride, ref scores, scoreStride, rowCount, count, dimension);
        else
            Dots<TElement, Simd128, Vector128<float>>(ref rows, ref tokens, stride, ref scores, scoreStride, rowCount, count, dimension);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Dots<TElement, TSimd, TVector>(
        ref float rows, ref TElement tokens, nint stride, ref float scores, nint scoreStride, nint rowCount, int count, nint dimension)
        where TElement : unmanaged, IElement<TElement>
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        // Fewer tokens than a block has: the first stands in for those that are missing, and its score is not stored.
        ref TElement second = ref Unsafe.Add(ref tokens, count > 1 ? stride : 0);
        ref TElement third = ref Unsafe.Add(ref tokens, count > 2 ? 2 * stride : 0);
        ref TElement fourth = ref Unsafe.Add(ref tokens, count > 3 ? 3 * stride : 0);
        nint whole = dimension - (dimension % TSimd.Lanes);
        bool hasTails = whole < dimension;
        if (hasTails)
            DotTails(ref rows, ref tokens, stride, ref scores, scoreStride, rowCount, count, dimension, whole);
        nint row = 0;
        for (; row <= rowCount - BlockRows; row += BlockRows)
        {
            ref float query = ref Unsafe.Add(ref rows, row * dimension);
            VectorQuad<TSimd, TVector> s0 = default, s1 = default, s2 = default, s3 = default;
            for (nint element = 0; element < whole; element += TSimd.Lanes)
            {
                var keys = new VectorQuad<TSimd, TVector>(
                    TSimd.Widen(ref tokens, element), TSimd.Widen(ref second, element), TSimd.Widen(ref third, element), TSimd.Widen(ref fourth, element));
                s0 = s0.MultiplyAdd(TSimd.Load(ref query, element), keys);
                s1 = s1.MultiplyAdd(TSimd.Load(ref query, element + dimension), keys);
                s2 = s2.MultiplyAdd(TSimd.Load(ref query, element + (2 * dimension)), keys);
                s3 = s3.MultiplyAdd(TSimd.Load(ref query, element + (3 * dimension)), keys);
            }

            ref float score = ref Unsafe.Add(ref scores, row * scoreStride);
            s0.StoreSums(ref score, count, hasTails);
            s1.StoreSums(ref Unsafe.Add(ref score, scoreStride), count, hasTails);
            s2.StoreSums(ref Unsafe.Add(ref score, 2 * scoreStride), count, hasTails);
            s3.StoreSums(ref Unsafe.Add(ref score, 3 * scoreStride), count, hasTails);
        }

        for (; row < rowCount; row++)
        {
            ref float query = ref Unsafe.Add(ref rows, row * dimension);
            VectorQuad<TSimd, TVector> sums = default;
            for (nint element = 0; element < whole; element += TSimd.Lanes)
            {
                if (row == 0 && rowCount < BlockRows)
                {
                    nint ahead = element + (BlockTokens * stride);
                    Prefetch.Line(ref Unsafe.Add(ref tokens, ahead));
                    Prefetch.Line(ref Unsafe.Add(ref second, ahead));
                    Prefetch.Line(ref Unsafe.Add(ref third, ahead));
                    Prefetch.Line(ref Unsafe.Add(ref fourth, ahead));
                }

                sums = sums.MultiplyAdd(TSimd.Load(ref query, element), new VectorQuad<TSimd, TVector>(
                    TSimd.Widen(ref tokens, element), TSimd.Widen(ref second, element), TSimd.Widen(ref third, element), TSimd.Widen(ref fourth, element)));
            }

            sums.StoreSums(ref Unsafe.Add(ref scores, row * scoreStride), count, hasTails);
        }
    }

    // What the vectors leave: the last elements of rows whose length is no multiple of the lanes.
    private static void DotTails<TElement>(
        ref float rows, ref TElement tokens, nint stride, ref float scores, nint scoreStride, nint rowCount, int count, nint dimension, nint first)
        where TElement : unmanaged, IElement<TElement>
    {
        for (nint row = 0; row < rowCount; row++)
        {
            for (nint token = 0; token < count; token++)
            {
                float sum = 0f;
                for (nint element = first; element < dimension; element++)
                    sum = MathF.FusedMultiplyAdd(Unsafe.Add(ref rows, (row * dimension) + element), TElement.Widen(Unsafe.Add(ref tokens, (token * stride) + element)), sum);
                Unsafe.Add(ref scores, (row * scoreStride) + token) = sum;
            }
        }
    }

    private static void ScoresCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call)
    {
        int lanes = MicroKernel.Width(call).Lanes;
        string[] operand = OpenClText.Operands(generator, call);
        string vector = $"float{lanes}";
        ElementText element = MicroKernel.Element(call);
        string pointer = $"const {OpenClText.AddressSpace(call[1])} {element.Target}*";
        string ForEachToken(Func<int, string> text) => string.Concat(Enumerable.Range(0, BlockTokens).Select(text));
        string StoreSums(int row) => $$"""
            {
                {{OpenClText.Sums("sums", lanes, $"s{row}0", $"s{row}1", $"s{row}2", $"s{row}3")}}
                const float4 all = sums + (float4)(t{{row}}0, t{{row}}1, t{{row}}2, t{{row}}3);
                {{OpenClText.AddressSpace(call[4])}} float* target = s + {{row}} * {{operand[5]}};
                if (block == {{BlockTokens}}) vstore4(all, 0, target);
                else {
                    target[0] = all.x;
                    if (block > 1) target[1] = all.y;
                    if (block > 2) target[2] = all.z;
                }
            }
            """;
        string Rows(int rows)
        {
            string ForEach(Func<int, int, string> text) =>
                string.Concat(Enumerable.Range(0, rows).Select(row => ForEachToken(token => text(row, token))));
            return $$"""
                for (; row + {{rows}} <= end; row += {{rows}}) {
                    const {{OpenClText.AddressSpace(call[0])}} float* q = {{operand[0]}} + (long)row * dimension;
                    {{OpenClText.AddressSpace(call[4])}} float* s = {{operand[4]}} + (long)row * {{operand[5]}} + token;
                    {{ForEach((row, token) => $"{vector} s{row}{token} = 0.0f; float t{row}{token} = 0.0f;\n")}}
                    int i = 0;
                    for (; i + {{lanes}} <= dimension; i += {{lanes}}) {
                        {{(rows == 1 ? $"if (rows < {BlockRows} && row == head * rows) {{ {ForEachToken(token => Prefetch.OpenCl($"k{token} + {BlockTokens} * stride + i"))} }}\n" : "")}}
                        {{ForEachToken(token => $"const {vector} x{token} = {element.Load(lanes, "0", $"k{token} + i")};\n")}}
                        {{ForEach((row, token) => $"s{row}{token} = fma(vload{lanes}(0, q + {row} * dimension + i), x{token}, s{row}{token});\n")}}
                    }
                    for (; i < dimension; i++) {
                        {{ForEach((row, token) => $"t{row}{token} = fma(q[{row} * dimension + i], {element.Load("i", $"k{token}")}, t{row}{token});\n")}}
                    }
                    {{string.Concat(Enumerable.Range(0, rows).Select(row => StoreSums(row)))}}
                }
                """;
        }

        OpenClText.Statement(generator, $$"""
            {
                const long stride = {{operand[2]}};
                const int heads = {{operand[6]}}, rows = {{operand[7]}}, count = {{operand[8]}}, dimension = {{operand[9]}};
                for (int token = 0; token < count; token += {{BlockTokens}}) {
                    const int block = min({{BlockTokens}}, count - token);
                    for (int head = 0; head < heads; head++) {
                        {{pointer}} k0 = ({{pointer}})({{operand[1]}}) + token * stride + head * {{operand[3]}};
                        {{ForEachToken(token => token == 0 ? "" : $"{pointer} k{token} = k0 + (block > {token} ? {token} * stride : 0);\n")}}
                        for (int next = {{BlockTokens}}; rows >= {{BlockRows}} && next < {{BlockTokens}} + block; next++)
                            for (int i = 0; i < dimension; i += {{Prefetch.LineBytes / element.Size}}) { {{Prefetch.OpenCl("k0 + next * stride + i")}} }
                        int row = head * rows;
                        const int end = row + rows;
                        {{Rows(BlockRows)}}
                        {{Rows(1)}}
                    }
                }
            }
            """);
    }

    [IntrinsicImplementation]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void OutputsCore<TElement, TWidth>(
        ref float weights, ref TElement tokens, long tokenStride, long headStride, ref float outputs,
        int weightStride, int heads, int rowsPerHead, int count, int dimension)
        where TElement : unmanaged, IElement<TElement>
        where TWidth : struct, IVectorWidth
    {
        nint stride = (nint)tokenStride;
        for (nint token = 0; token < count; token += BlockTokens)
        {
            for (nint head = 0; head < heads; head++)
            {
                ref TElement first = ref Unsafe.Add(ref tokens, (token * stride) + (head * (nint)headStride));
                int block = (int)Math.Min(BlockTokens, count - token);
                for (nint next = BlockTokens; next < BlockTokens + block; next++)
                    Prefetch.Row(ref Unsafe.Add(ref first, next * stride), dimension);
                ref float output = ref Unsafe.Add(ref outputs, head * rowsPerHead * dimension);
                ref float weight = ref Unsafe.Add(ref weights, (head * rowsPerHead * weightStride) + token);
                if (typeof(TElement) == typeof(StoredFp16) && Fp16.AreFinite(ref Unsafe.As<TElement, StoredFp16>(ref first), stride, block, dimension))
                {
                    ref FiniteFp16 finite = ref Unsafe.As<TElement, FiniteFp16>(ref first);
                    AddRows<FiniteFp16, TWidth>(ref weight, weightStride, ref finite, stride, ref output, rowsPerHead, block, dimension);
                }
                else
                {
                    AddRows<TElement, TWidth>(ref weight, weightStride, ref first, stride, ref output, rowsPerHead, block, dimension);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddRows<TElement, TWidth>(
        ref float weights, nint weightStride, ref TElement tokens, nint stride, ref float outputs, nint rowCount, int count, nint dimension)
        where TElement : unmanaged, IElement<TElement>
        where TWidth : struct, IVectorWidth
    {
        if (TWidth.Lanes == 16)
            AddRows<TElement, Simd512, Vector512<float>>(ref weights, weightStride, ref tokens, stride, ref outputs, rowCount, count, dimension);
        else if (TWidth.Lanes == 8)
            AddRows<TElement, Simd256, Vector256<float>>(ref weights, weightStride, ref tokens, stride, ref outputs, rowCount, count, dimension);
        else
            AddRows<TElement, Simd128, Vector128<float>>(ref weights, weightStride, ref tokens, stride, ref outputs, rowCount, count, dimension);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddRows<TElement, TSimd, TVector>(
        ref float weights, nint weightStride, ref TElement tokens, nint stride, ref float outputs, nint rowCount, int count, nint dimension)
        where TElement : unmanaged, IElement<TElement>
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        nint width = ColumnVectors * TSimd.Lanes;
        nint whole = dimension - (dimension % width);
        nint row = 0;
        for (; row <= rowCount - BlockRows; row += BlockRows)
        {
            for (nint column = 0; column < whole; column += width)
            {
                ref float target = ref Unsafe.Add(ref outputs, (row * dimension) + column);
                ref float weight = ref Unsafe.Add(ref weights, row * weightStride);
                VectorQuad<TSimd, TVector> o0 = VectorQuad<TSimd, TVector>.Load(ref target);
                VectorQuad<TSimd, TVector> o1 = VectorQuad<TSimd, TVector>.Load(ref Unsafe.Add(ref target, dimension));
                VectorQuad<TSimd, TVector> o2 = VectorQuad<TSimd, TVector>.Load(ref Unsafe.Add(ref target, 2 * dimension));
                VectorQuad<TSimd, TVector> o3 = VectorQuad<TSimd, TVector>.Load(ref Unsafe.Add(ref target, 3 * dimension));
                for (nint token = 0; token < count; token++)
                {
                    VectorQuad<TSimd, TVector> values = VectorQuad<TSimd, TVector>.Widen(ref Unsafe.Add(ref tokens, (token * stride) + column));
                    o0 = o0.MultiplyAdd(TSimd.Create(Unsafe.Add(ref weight, token)), values);
                    o1 = o1.MultiplyAdd(TSimd.Create(Unsafe.Add(ref weight, token + weightStride)), values);
                    o2 = o2.MultiplyAdd(TSimd.Create(Unsafe.Add(ref weight, token + (2 * weightStride))), values);
                    o3 = o3.MultiplyAdd(TSimd.Create(Unsafe.Add(ref weight, token + (3 * weightStride))), values);
                }

                o0.Store(ref target);
                o1.Store(ref Unsafe.Add(ref target, dimension));
                o2.Store(ref Unsafe.Add(ref target, 2 * dimension));
                o3.Store(ref Unsafe.Add(ref target, 3 * dimension));
            }

            for (nint each = row; each < row + BlockRows; each++)
                AddRow<TElement, TSimd, TVector>(ref Unsafe.Add(ref weights, each * weightStride), ref tokens, stride, ref Unsafe.Add(ref outputs, each * dimension), count, whole, dimension);
        }

        for (; row < rowCount; row++)
            AddRow<TElement, TSimd, TVector>(ref Unsafe.Add(ref weights, row * weightStride), ref tokens, stride, ref Unsafe.Add(ref outputs, row * dimension), count, 0, dimension);
    }

    // The columns from the first on of a single row.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddRow<TElement, TSimd, TVector>(ref float weights, ref TElement tokens, nint stride, ref float output, int count, nint first, nint dimension)
        where TElement : unmanaged, IElement<TElement>
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        nint column = first;
        for (; column <= dimension - (ColumnVectors * TSimd.Lanes); column += ColumnVectors * TSimd.Lanes)
        {
            VectorQuad<TSimd, TVector> sum = VectorQuad<TSimd, TVector>.Load(ref Unsafe.Add(ref output, column));
            for (nint token = 0; token < count; token++)
            {
                sum = sum.MultiplyAdd(
                    TSimd.Create(Unsafe.Add(ref weights, token)), VectorQuad<TSimd, TVector>.Widen(ref Unsafe.Add(ref tokens, (token * stride) + column)));
            }

            sum.Store(ref Unsafe.Add(ref output, column));
        }

        for (; column <= dimension - TSimd.Lanes; column += TSimd.Lanes)
        {
            TVector sum = TSimd.Load(ref output, column);
            for (nint token = 0; token < count; token++)
                sum = TSimd.MultiplyAdd(TSimd.Create(Unsafe.Add(ref weights, token)), TSimd.Widen(ref tokens, (token * stride) + column), sum);
            TSimd.Store(sum, ref output, column);
        }

        for (; column < dimension; column++)
        {
            float sum = Unsafe.Add(ref output, column);
            for (nint token = 0; token < count; token++)
                sum = MathF.FusedMultiplyAdd(Unsafe.Add(ref weights, token), TElement.Widen(Unsafe.Add(ref tokens, (token * stride) + column)), sum);
            Unsafe.Add(ref output, column) = sum;
        }
    }

    private static void OutputsCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call)
    {
        int lanes = MicroKernel.Width(call).Lanes;
        string[] operand = OpenClText.Operands(generator, call);
        string vector = $"float{lanes}";
        ElementText element = MicroKernel.Element(call);
        string pointer = $"const {OpenClText.AddressSpace(call[1])} {element.Target}*";
        string Columns(int rows, int vectors)
        {
            string ForEach(Func<int, int, string> text) =>
                string.Concat(Enumerable.Range(0, rows).SelectMany(row => Enumerable.Range(0, vectors).Select(index => text(row, index))));
            return $$"""
                for (; column + {{vectors * lanes}} <= dimension; column += {{vectors * lanes}}) {
                    {{ForEach((row, index) => $"{vector} o{row}{index} = vload{lanes}({index}, o + {row} * dimension + column);\n")}}
                    for (int t = 0; t < block; t++) {
                        {{pointer}} value = v + t * stride + column;
                        {{string.Concat(Enumerable.Range(0, vectors).Select(index => $"const {vector} x{index} = {element.Load(lanes, index.ToString(CultureInfo.InvariantCulture), "value")};\n"))}}
                        {{ForEach((row, index) => $"o{row}{index} = fma(({vector})w[{row} * {operand[5]} + t], x{index}, o{row}{index});\n")}}
                    }
                    {{ForEach((row, index) => $"vstore{lanes}(o{row}{index}, {index}, o + {row} * dimension + column);\n")}}
                }
                """;
        }

        string Rows(int rows) => $$"""
            for (; row + {{rows}} <= end; row += {{rows}}) {
                const {{OpenClText.AddressSpace(call[0])}} float* w = {{operand[0]}} + (long)row * {{operand[5]}} + token;
                {{OpenClText.AddressSpace(call[4])}} float* o = {{operand[4]}} + (long)row * dimension;
                int column = 0;
                {{Columns(rows, ColumnVectors)}}
                {{Columns(rows, 1)}}
                for (; column < dimension; column++)
                    for (int r = 0; r < {{rows}}; r++) {
                        float sum = o[r * dimension + column];
                        for (int t = 0; t < block; t++) sum = fma(w[r * {{operand[5]}} + t], {{element.Load("t * stride + column", "v")}}, sum);
                        o[r * dimension + column] = sum;
                    }
            }
            """;
        OpenClText.Statement(generator, $$"""
            {
                const long stride = {{operand[2]}};
                const int heads = {{operand[6]}}, rows = {{operand[7]}}, count = {{operand[8]}}, dimension = {{operand[9]}};
                for (int token = 0; token < count; token += {{BlockTokens}}) {
                    const int block = min({{BlockTokens}}, count - token);
                    for (int head = 0; head < heads; head++) {
                        {{pointer}} v = ({{pointer}})({{operand[1]}}) + token * stride + head * {{operand[3]}};
                        for (int next = {{BlockTokens}}; next < {{BlockTokens}} + block; next++)
                            for (int i = 0; i < dimension; i += {{Prefetch.LineBytes / element.Size}}) { {{Prefetch.OpenCl("v + next * stride + i")}} }
                        int row = head * rows;
                        const int end = row + rows;
                        {{Rows(BlockRows)}}
                        {{Rows(1)}}
                    }
                }
            }
            """);
    }
}
