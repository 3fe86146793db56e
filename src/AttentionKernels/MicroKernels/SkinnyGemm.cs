using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using AttentionKernels.CodeGeneration;
using AttentionKernels.Formats;
using AttentionKernels.Simd;
using ILGPU;
using ILGPU.Backends.OpenCL;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace AttentionKernels.MicroKernels;

/// <summary>
/// Products of few rows with many tokens that come from memory once: what decoding is made of.
/// </summary>
/// <remarks>
/// <para>Tokens lie anywhere, in pages for example: each has its offset. Mostly the heads of one token are one long run of memory. The
/// loops go through <see cref="BlockTokens"/> tokens at a time and, within them, through all heads, so that memory is read in a few long
/// streams, which is what hardware prefetchers follow; the next block is asked for on the way. Head by head, in pieces of one head
/// dimension, the same bytes arrive at half the speed. Where a head has several rows, or numbers are small, the next block is asked for as
/// a whole; for a row or two of fp32, which take no longer than memory does, line by line as this one is read. Offsets may be known of more
/// tokens than are taken: those behind the last block are asked for too.</para>
/// <para>Every head has the same number of rows, which lie one after the other.</para>
/// </remarks>
internal static class SkinnyGemm
{
    /// <summary>Tokens that are read side by side.</summary>
    public const int BlockTokens = 4;

    // Rows that share what is loaded of the tokens.
    private const int BlockRows = 4;

    // Columns of an output row that stay in registers over a block's tokens.
    private const int ColumnVectors = 4;

    /// <summary>scores[row][token] = rows[row] · tokens[token][head of the row].</summary>
    public static void Scores<TFormat, TVector>(
        ArrayView<float> rows, long rowsOffset, ArrayView<TFormat> tokens, long tokensOffset, long headStride, ArrayView<long> offsets, long firstOffset, int known,
        ArrayView<float> scores, long scoresOffset, int scoreStride, int heads, int rowsPerHead, int count, int dimension)
        where TFormat : unmanaged, IFormat<TFormat>
        where TVector : struct, IVector<TVector>
    {
        MicroKernel.CheckExtent(rows, rowsOffset, (long)heads * rowsPerHead * dimension);
        CheckTokens(tokens, tokensOffset, headStride, offsets, firstOffset, known, heads, count, dimension);
        MicroKernel.CheckExtent(scores, scoresOffset, ((((long)heads * rowsPerHead) - 1) * scoreStride) + count);
        ScoresCore<TFormat, GatheredRows, TVector>(ref rows[rowsOffset], ref tokens[tokensOffset], headStride, ref offsets[firstOffset], ref scores[scoresOffset],
            scoreStride, heads, rowsPerHead, count, known, dimension);
    }

    /// <summary>As the other form, of one head's tokens at equal strides.</summary>
    public static void Scores<TFormat, TVector>(
        ArrayView<float> rows, long rowsOffset, ArrayView<TFormat> tokens, long tokensOffset, long tokenStride,
        ArrayView<float> scores, long scoresOffset, int scoreStride, int rowCount, int count, int dimension)
        where TFormat : unmanaged, IFormat<TFormat>
        where TVector : struct, IVector<TVector>
    {
        MicroKernel.CheckExtent(rows, rowsOffset, (long)rowCount * dimension);
        MicroKernel.CheckExtent(tokens, tokensOffset, ((count - 1) * tokenStride) + StoredSpan.Units<TFormat>(dimension));
        MicroKernel.CheckExtent(scores, scoresOffset, ((rowCount - 1L) * scoreStride) + count);
        ScoresCore<TFormat, StridedRows, TVector>(ref rows[rowsOffset], ref tokens[tokensOffset], 0, ref tokenStride, ref scores[scoresOffset],
            scoreStride, 1, rowCount, count, count, dimension);
    }

    /// <summary>outputs[row] += Σ over the tokens of weights[row][token] · tokens[token][head of the row].</summary>
    public static void Outputs<TFormat, TVector>(
        ArrayView<float> weights, long weightsOffset, int weightStride,
        ArrayView<TFormat> tokens, long tokensOffset, long headStride, ArrayView<long> offsets, long firstOffset, int known,
        ArrayView<float> outputs, long outputsOffset, int heads, int rowsPerHead, int count, int dimension)
        where TFormat : unmanaged, IFormat<TFormat>
        where TVector : struct, IVector<TVector>
    {
        MicroKernel.CheckExtent(weights, weightsOffset, ((((long)heads * rowsPerHead) - 1) * weightStride) + count);
        CheckTokens(tokens, tokensOffset, headStride, offsets, firstOffset, known, heads, count, dimension);
        MicroKernel.CheckExtent(outputs, outputsOffset, (long)heads * rowsPerHead * dimension);
        OutputsCore<TFormat, TVector>(ref weights[weightsOffset], ref tokens[tokensOffset], headStride, ref offsets[firstOffset], ref outputs[outputsOffset],
            weightStride, heads, rowsPerHead, count, known, dimension);
    }

    private static void CheckTokens<TFormat>(
        ArrayView<TFormat> tokens, long tokensOffset, long headStride, ArrayView<long> offsets, long firstOffset, int known, int heads, int count, int dimension)
        where TFormat : unmanaged, IFormat<TFormat>
    {
        MicroKernel.CheckExtent(offsets, firstOffset, Math.Max(known, count));
        MicroKernel.CheckRows(tokens, tokensOffset, offsets, firstOffset, count, dimension);
        MicroKernel.CheckRows(tokens, tokensOffset + ((heads - 1) * headStride), offsets, firstOffset, count, dimension);
    }

    [IntrinsicImplementation]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ScoresCore<TFormat, TLayout, TVector>(
        ref float rows, ref TFormat tokens, long headStride, ref long offsets, ref float scores,
        int scoreStride, int heads, int rowsPerHead, int count, int known, int dimension)
        where TFormat : unmanaged, IFormat<TFormat>
        where TLayout : struct, IRowAddressing
        where TVector : struct, IVector<TVector>
    {
        Span<long> strides = stackalloc long[2 * BlockTokens];
        bool asksAhead = rowsPerHead >= BlockRows || !PrefetchesByLine<TFormat>();
        for (nint token = 0; token < count; token += BlockTokens)
        {
            ref long block = ref TLayout.AreGathered ? ref Unsafe.Add(ref offsets, token) : ref MemoryMarshal.GetReference(strides);
            for (int index = 0; !TLayout.AreGathered && index < strides.Length; index++)
                strides[index] = (token + index) * offsets;
            int blockCount = (int)Math.Min(BlockTokens, count - token);
            int nextCount = (int)Math.Min(BlockTokens, known - token - BlockTokens);
            for (nint head = 0; head < heads; head++)
            {
                ref TFormat tokensOfHead = ref Unsafe.Add(ref tokens, head * (nint)headStride);
                for (nint next = BlockTokens; asksAhead && next < BlockTokens + nextCount; next++)
                    Prefetch.Row(ref Token(ref tokensOfHead, ref block, next), (int)StoredSpan.Units<TFormat>(dimension));
                ref float query = ref Unsafe.Add(ref rows, head * rowsPerHead * dimension);
                ref float score = ref Unsafe.Add(ref scores, (head * rowsPerHead * scoreStride) + token);
                if (TFormat.AreFinite(ref tokensOfHead, ref block, blockCount, dimension))
                {
                    ref Finite<TFormat> finite = ref Unsafe.As<TFormat, Finite<TFormat>>(ref tokensOfHead);
                    Dots<Finite<TFormat>, TVector>(
                        ref query, ref finite, ref block, ref score, scoreStride, rowsPerHead, blockCount, nextCount, dimension);
                }
                else
                {
                    Dots<TFormat, TVector>(ref query, ref tokensOfHead, ref block, ref score, scoreStride, rowsPerHead, blockCount, nextCount, dimension);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Dots<TFormat, TVector>(
        ref float rows, ref TFormat tokens, ref long offsets, ref float scores, nint scoreStride, nint rowCount, int count, int nextCount, nint dimension)
        where TFormat : unmanaged, IFormat<TFormat>
        where TVector : struct, IVector<TVector>
    {
        // Fewer tokens than a block has: the first stands in for those that are missing, and its score is not stored.
        ref TFormat first = ref Token(ref tokens, ref offsets, 0);
        ref TFormat second = ref Token(ref tokens, ref offsets, count > 1 ? 1 : 0);
        ref TFormat third = ref Token(ref tokens, ref offsets, count > 2 ? 2 : 0);
        ref TFormat fourth = ref Token(ref tokens, ref offsets, count > 3 ? 3 : 0);
        nint whole = dimension - (dimension % TVector.Lanes);
        bool hasTails = whole < dimension;
        if (hasTails)
            DotTails(ref rows, ref tokens, ref offsets, ref scores, scoreStride, rowCount, count, dimension, whole);
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

        if (row == 0 && nextCount == BlockTokens && PrefetchesByLine<TFormat>())
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

    // Numbers as wide as fp32 take so long to come from memory that a row or two of products take no longer.
    private static bool PrefetchesByLine(int unitBytes, int perUnit) => unitBytes >= perUnit * sizeof(float);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool PrefetchesByLine<TFormat>()
        where TFormat : unmanaged, IFormat<TFormat> =>
        PrefetchesByLine(Unsafe.SizeOf<TFormat>(), TFormat.PerUnit);

    // Four vectors of a token, one behind the other.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static VectorQuad<TVector> Load<TFormat, TVector>(ref TFormat token, nint first)
        where TFormat : unmanaged, IFormat<TFormat>
        where TVector : struct, IVector<TVector> => new(
        TFormat.Widen<TVector>(ref token, first), TFormat.Widen<TVector>(ref token, first + TVector.Lanes),
        TFormat.Widen<TVector>(ref token, first + (2 * TVector.Lanes)),
        TFormat.Widen<TVector>(ref token, first + (3 * TVector.Lanes)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref TFormat Token<TFormat>(ref TFormat tokens, ref long offsets, nint token)
        where TFormat : unmanaged, IFormat<TFormat> =>
        ref Unsafe.Add(ref tokens, (nint)Unsafe.Add(ref offsets, token));

    // What the vectors leave: the last elements of rows whose length is no multiple of the lanes.
    private static void DotTails<TFormat>(
        ref float rows, ref TFormat tokens, ref long offsets, ref float scores, nint scoreStride, nint rowCount, int count, nint dimension, nint first)
        where TFormat : unmanaged, IFormat<TFormat>
    {
        for (nint row = 0; row < rowCount; row++)
        {
            for (nint token = 0; token < count; token++)
            {
                float sum = 0f;
                for (nint element = first; element < dimension; element++)
                    sum = MathF.FusedMultiplyAdd(Unsafe.Add(ref rows, (row * dimension) + element), StoredSpan.Number(ref Token(ref tokens, ref offsets, token), element), sum);
                Unsafe.Add(ref scores, (row * scoreStride) + token) = sum;
            }
        }
    }

    private static void ScoresCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call)
    {
        int lanes = MicroKernel.Width(call).Lanes;
        string vector = $"float{lanes}";
        ElementText element = MicroKernel.Element(call);
        var body = new OpenClBody(generator, call);
        string asks = PrefetchesByLine(element.UnitBytes, element.PerUnit) ? $"rowsPerHead < {BlockRows} && next == {BlockTokens}" : "false";
        bool areListed = MicroKernel.RowsAreGathered(call);
        string At(string token) => areListed ? $"offsets[{token}]" : $"({token}) * offsets[0]";
        string Units(string numbers) => element.PerUnit == 1 ? numbers : $"({numbers}) / {element.PerUnit}";
        string ForEachToken(Func<int, string> text) => string.Concat(Enumerable.Range(0, BlockTokens).Select(text));
        string StoreSums(int row) => $$"""
            {
                {{OpenClText.Sums("sums", lanes, $"s{row}0", $"s{row}1", $"s{row}2", $"s{row}3")}}
                const float4 all = sums + (float4)(t{{row}}0, t{{row}}1, t{{row}}2, t{{row}}3);
                {{body.Pointer("scores")}} target = s + {{row}} * scoreStride;
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
                    const {{body.Pointer("rows")}} q = rows + (long)row * dimension;
                    {{body.Pointer("scores")}} s = scores + (long)row * scoreStride + token;
                    {{ForEach((row, token) => $"{vector} s{row}{token} = 0.0f; float t{row}{token} = 0.0f;\n")}}
                    int i = 0;
                    for (; i + {{lanes}} <= dimension; i += {{lanes}}) {
                        {{(rows == 1 ? $"if (asks && row == head * rowsPerHead) {{ {ForEachToken(AskNext)} }}\n" : "")}}
                        {{ForEachToken(token => $"const {vector} x{token} = {element.Load(lanes, $"k{token}", "i")};\n")}}
                        {{ForEach((row, token) => $"s{row}{token} = fma(vload{lanes}(0, q + {row} * dimension + i), x{token}, s{row}{token});\n")}}
                    }
                    for (; i < dimension; i++) {
                        {{ForEach((row, token) => $"t{row}{token} = fma(q[{row} * dimension + i], {element.Load($"k{token}", "i")}, t{row}{token});\n")}}
                    }
                    {{string.Concat(Enumerable.Range(0, rows).Select(StoreSums))}}
                }
                """;
        }

        body.Write($$"""
            for (int token = 0; token < count; token += {{BlockTokens}}) {
                const int block = min({{BlockTokens}}, count - token), next = min({{BlockTokens}}, known - token - {{BlockTokens}});
                const bool asks = {{asks}};
                for (int head = 0; head < heads; head++) {
                    const {{body.Pointer("tokens")}} h = tokens + head * headStride;
                    {{ForEachToken(Tokens)}}
                    for (int ahead = 0; !asks && ahead < next; ahead++)
                        {{element.PrefetchRow($"h + {At($"token + {BlockTokens} + ahead")}", "dimension")}}
                    int row = head * rowsPerHead;
                    const int end = row + rowsPerHead;
                    {{Rows(BlockRows)}}
                    {{Rows(1)}}
                }
            }
            """);

        string AskNext(int token) => Prefetch.OpenCl($"n{token} + {Units("i")}");

        // A token of this block, whose first stands in for those that are missing, and one of the next.
        string Tokens(int token) => $$"""
            const {{body.Pointer("tokens")}} k{{token}} = h + {{At($"token + (block > {token} ? {token} : 0)")}};
            const {{body.Pointer("tokens")}} n{{token}} = h + (asks ? {{At($"token + {BlockTokens + token}")}} : 0);

            """;
    }

    [IntrinsicImplementation]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void OutputsCore<TFormat, TVector>(
        ref float weights, ref TFormat tokens, long headStride, ref long offsets, ref float outputs,
        int weightStride, int heads, int rowsPerHead, int count, int known, int dimension)
        where TFormat : unmanaged, IFormat<TFormat>
        where TVector : struct, IVector<TVector>
    {
        for (nint token = 0; token < count; token += BlockTokens)
        {
            ref long block = ref Unsafe.Add(ref offsets, token);
            int blockCount = (int)Math.Min(BlockTokens, count - token);
            int nextCount = (int)Math.Min(BlockTokens, known - token - BlockTokens);
            for (nint head = 0; head < heads; head++)
            {
                ref TFormat tokensOfHead = ref Unsafe.Add(ref tokens, head * (nint)headStride);
                for (nint next = BlockTokens; next < BlockTokens + nextCount; next++)
                    Prefetch.Row(ref Token(ref tokensOfHead, ref block, next), (int)StoredSpan.Units<TFormat>(dimension));
                ref float output = ref Unsafe.Add(ref outputs, head * rowsPerHead * dimension);
                ref float weight = ref Unsafe.Add(ref weights, (head * rowsPerHead * weightStride) + token);
                if (TFormat.AreFinite(ref tokensOfHead, ref block, blockCount, dimension))
                {
                    ref Finite<TFormat> finite = ref Unsafe.As<TFormat, Finite<TFormat>>(ref tokensOfHead);
                    AddRows<Finite<TFormat>, TVector>(
                        ref weight, weightStride, ref finite, ref block, ref output, rowsPerHead, blockCount, dimension);
                }
                else
                {
                    AddRows<TFormat, TVector>(ref weight, weightStride, ref tokensOfHead, ref block, ref output, rowsPerHead, blockCount, dimension);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddRows<TFormat, TVector>(
        ref float weights, nint weightStride, ref TFormat tokens, ref long offsets, ref float outputs, nint rowCount, int count, nint dimension)
        where TFormat : unmanaged, IFormat<TFormat>
        where TVector : struct, IVector<TVector>
    {
        nint width = ColumnVectors * TVector.Lanes;
        nint whole = dimension - (dimension % width);
        nint row = 0;
        for (; row <= rowCount - BlockRows; row += BlockRows)
        {
            for (nint column = 0; column < whole; column += width)
            {
                ref float target = ref Unsafe.Add(ref outputs, (row * dimension) + column);
                ref float weight = ref Unsafe.Add(ref weights, row * weightStride);
                VectorQuad<TVector> o0 = VectorQuad<TVector>.Load(ref target);
                VectorQuad<TVector> o1 = VectorQuad<TVector>.Load(ref Unsafe.Add(ref target, dimension));
                VectorQuad<TVector> o2 = VectorQuad<TVector>.Load(ref Unsafe.Add(ref target, 2 * dimension));
                VectorQuad<TVector> o3 = VectorQuad<TVector>.Load(ref Unsafe.Add(ref target, 3 * dimension));
                for (nint token = 0; token < count; token++)
                {
                    VectorQuad<TVector> values = Load<TFormat, TVector>(ref Token(ref tokens, ref offsets, token), column);
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
                AddRow<TFormat, TVector>(ref Unsafe.Add(ref weights, each * weightStride), ref tokens, ref offsets, ref Unsafe.Add(ref outputs, each * dimension), count, whole, dimension);
        }

        for (; row < rowCount; row++)
            AddRow<TFormat, TVector>(ref Unsafe.Add(ref weights, row * weightStride), ref tokens, ref offsets, ref Unsafe.Add(ref outputs, row * dimension), count, 0, dimension);
    }

    // The columns from the first on of a single row.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddRow<TFormat, TVector>(ref float weights, ref TFormat tokens, ref long offsets, ref float output, int count, nint first, nint dimension)
        where TFormat : unmanaged, IFormat<TFormat>
        where TVector : struct, IVector<TVector>
    {
        nint column = first;
        for (; column <= dimension - (ColumnVectors * TVector.Lanes); column += ColumnVectors * TVector.Lanes)
        {
            VectorQuad<TVector> sum = VectorQuad<TVector>.Load(ref Unsafe.Add(ref output, column));
            for (nint token = 0; token < count; token++)
            {
                VectorQuad<TVector> values = Load<TFormat, TVector>(ref Token(ref tokens, ref offsets, token), column);
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
                sum = MathF.FusedMultiplyAdd(Unsafe.Add(ref weights, token), StoredSpan.Number(ref Token(ref tokens, ref offsets, token), column), sum);
            Unsafe.Add(ref output, column) = sum;
        }
    }

    private static void OutputsCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call)
    {
        int lanes = MicroKernel.Width(call).Lanes;
        string vector = $"float{lanes}";
        ElementText element = MicroKernel.Element(call);
        var body = new OpenClBody(generator, call);
        string Columns(int rows, int vectors)
        {
            string ForEachVector(Func<int, string> text) => string.Concat(Enumerable.Range(0, vectors).Select(text));
            string ForEach(Func<int, int, string> text) =>
                string.Concat(Enumerable.Range(0, rows).Select(row => ForEachVector(index => text(row, index))));
            return $$"""
                for (; column + {{vectors * lanes}} <= dimension; column += {{vectors * lanes}}) {
                    {{ForEach((row, index) => $"{vector} o{row}{index} = vload{lanes}({index}, o + {row} * dimension + column);\n")}}
                    for (int t = 0; t < block; t++) {
                        const {{body.Pointer("tokens")}} value = v + offsets[token + t];
                        {{ForEachVector(index => $"const {vector} x{index} = {Value(index)};\n")}}
                        {{ForEach((row, index) => $"o{row}{index} = fma({Weight(row)}, x{index}, o{row}{index});\n")}}
                    }
                    {{ForEach((row, index) => $"vstore{lanes}(o{row}{index}, {index}, o + {row} * dimension + column);\n")}}
                }
                """;
        }

        string Value(int index) => element.Load(lanes, "value", $"column + {index * lanes}");
        string Weight(int row) => $"({vector})w[{row} * weightStride + t]";
        string Rows(int rows) => $$"""
            for (; row + {{rows}} <= end; row += {{rows}}) {
                const {{body.Pointer("weights")}} w = weights + (long)row * weightStride + token;
                {{body.Pointer("outputs")}} o = outputs + (long)row * dimension;
                int column = 0;
                {{Columns(rows, ColumnVectors)}}
                {{Columns(rows, 1)}}
                for (; column < dimension; column++)
                    for (int r = 0; r < {{rows}}; r++) {
                        float sum = o[r * dimension + column];
                        for (int t = 0; t < block; t++)
                            sum = fma(w[r * weightStride + t], {{element.Load("(v + offsets[token + t])", "column")}}, sum);
                        o[r * dimension + column] = sum;
                    }
            }
            """;
        body.Write($$"""
            for (int token = 0; token < count; token += {{BlockTokens}}) {
                const int block = min({{BlockTokens}}, count - token), next = min({{BlockTokens}}, known - token - {{BlockTokens}});
                for (int head = 0; head < heads; head++) {
                    const {{body.Pointer("tokens")}} v = tokens + head * headStride;
                    for (int ahead = 0; ahead < next; ahead++)
                        {{element.PrefetchRow($"v + offsets[token + {BlockTokens} + ahead]", "dimension")}}
                    int row = head * rowsPerHead;
                    const int end = row + rowsPerHead;
                    {{Rows(BlockRows)}}
                    {{Rows(1)}}
                }
            }
            """);
    }
}
