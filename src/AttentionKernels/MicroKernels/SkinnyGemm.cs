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
/// Skinny GEMM over gathered rows, which decoding consists of: few rows against many tokens. Memory-bound; each token's row is streamed
/// once.
/// </summary>
/// <remarks>
/// <para>Tokens lie anywhere, in pages for example: each has its offset. Mostly the heads of one token are one long run of memory. The
/// loops go through <see cref="SkinnyGemmShape.BlockTokens"/> tokens at a time and, within them, through all heads, so that memory is read
/// in a few long streams, which is what hardware prefetchers follow; the next block is prefetched on the way. Head by head, in pieces of
/// one head dimension, the same bytes arrive at half the speed. Where a head has several rows, or numbers are small, the next block is
/// prefetched as a whole; for a row or two of 16 bits and more, which take no longer than memory does, line by line as this one is read.
/// Offsets may be known of more tokens than are taken: those behind the last block are prefetched too.</para>
/// <para>Every head has the same number of rows, which lie one after the other.</para>
/// </remarks>
/// <typeparam name="TVector">The vector of the managed CPU; on OpenCL devices its lanes count.</typeparam>
/// <typeparam name="TFormat">How the tokens are stored.</typeparam>
internal static partial class SkinnyGemm<TVector, TFormat>
    where TVector : struct, IVector<TVector>
    where TFormat : unmanaged, IFormat<TFormat>
{
    private const int BlockTokens = SkinnyGemmShape.BlockTokens;
    private const int BlockRows = SkinnyGemmShape.BlockRows;
    private const int ColumnVectors = SkinnyGemmShape.ColumnVectors;

    /// <summary>scores[row][token] = rows[row] · tokens[token][head of the row].</summary>
    public static void Scores(ArrayView<float> rows, HeadRows<TFormat> tokens, TileView scores, int rowsPerHead)
    {
        SkinnyGemmShape shape = tokens.Shape(rowsPerHead, scores.Stride);
        MicroKernel.CheckExtent(rows.Length, (long)shape.Heads * rowsPerHead * shape.Dimension);
        tokens.Check();
        scores.Check((long)shape.Heads * rowsPerHead, shape.Tokens);
        ScoresCore<GatheredRows>(
            ref rows[0], ref tokens.First.Source[0], ref tokens.First.Offsets[0], ref scores.Data[0], shape);
    }

    /// <summary>As the other form, of one head's tokens at equal strides.</summary>
    public static void Scores(
        ArrayView<float> rows, ArrayView<TFormat> tokens, long tokenStride, TileView scores, int rowCount, int count, int dimension)
    {
        MicroKernel.CheckExtent(rows.Length, (long)rowCount * dimension);
        MicroKernel.CheckExtent(tokens.Length, ((count - 1) * tokenStride) + StoredSpan.Units<TFormat>(dimension));
        scores.Check(rowCount, count);
        var shape = new SkinnyGemmShape
        {
            Heads = 1,
            RowsPerHead = rowCount,
            Tokens = count,
            Known = count,
            Dimension = dimension,
            Stride = scores.Stride,
        };
        ScoresCore<StridedRows>(ref rows[0], ref tokens[0], ref tokenStride, ref scores.Data[0], shape);
    }

    /// <summary>outputs[row] += Σ over the tokens of weights[row][token] · tokens[token][head of the row].</summary>
    public static void Outputs(TileView weights, HeadRows<TFormat> tokens, ArrayView<float> outputs, int rowsPerHead)
    {
        SkinnyGemmShape shape = tokens.Shape(rowsPerHead, weights.Stride);
        weights.Check((long)shape.Heads * rowsPerHead, shape.Tokens);
        tokens.Check();
        MicroKernel.CheckExtent(outputs.Length, (long)shape.Heads * rowsPerHead * shape.Dimension);
        OutputsCore(
            ref weights.Data[0], ref tokens.First.Source[0], ref tokens.First.Offsets[0], ref outputs[0], shape);
    }

    [IntrinsicImplementation]
    [MethodImpl(InnerLoop.Compilation)]
    private static void ScoresCore<TAddressing>(
        ref float rows, ref TFormat tokens, ref long offsets, ref float scores, SkinnyGemmShape shape)
        where TAddressing : struct, IRowAddressing
    {
        Span<long> strides = stackalloc long[2 * BlockTokens];
        bool byBlock = shape.RowsPerHead >= BlockRows || !SkinnyGemmShape.PrefetchesByLine(Unsafe.SizeOf<TFormat>(), TFormat.PerUnit);
        for (nint token = 0; token < shape.Tokens; token += BlockTokens)
        {
            ref long block = ref TAddressing.AreGathered ? ref Unsafe.Add(ref offsets, token) : ref MemoryMarshal.GetReference(strides);
            for (int index = 0; !TAddressing.AreGathered && index < strides.Length; index++)
                strides[index] = (token + index) * offsets;
            int count = (int)Math.Min(BlockTokens, shape.Tokens - token);
            int nextCount = (int)Math.Min(BlockTokens, shape.Known - token - BlockTokens);
            for (nint head = 0; head < shape.Heads; head++)
            {
                ref TFormat tokensOfHead = ref Unsafe.Add(ref tokens, head * (nint)shape.HeadStride);
                if (byBlock)
                    Block.PrefetchNext(ref tokensOfHead, ref block, nextCount, shape.Dimension);
                ref float query = ref Unsafe.Add(ref rows, head * shape.RowsPerHead * shape.Dimension);
                ref float score = ref Unsafe.Add(ref scores, (head * shape.RowsPerHead * shape.Stride) + token);
                if (TFormat.AreFinite(ref tokensOfHead, ref block, count, shape.Dimension))
                {
                    ref Finite<TFormat> finite = ref Unsafe.As<TFormat, Finite<TFormat>>(ref tokensOfHead);
                    SkinnyGemm<TVector, Finite<TFormat>>.Block.Dots(ref query, ref finite, ref block, ref score, shape, count, nextCount);
                }
                else
                {
                    Block.Dots(ref query, ref tokensOfHead, ref block, ref score, shape, count, nextCount);
                }
            }
        }
    }

    private static void ScoresCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call)
    {
        int lanes = MicroKernel.Width(call).Lanes;
        string vector = $"float{lanes}";
        ElementText element = MicroKernel.Element(call);
        var body = new OpenClBody(generator, call);
        bool canPrefetchByLine = SkinnyGemmShape.PrefetchesByLine(element.UnitBytes, element.PerUnit);
        string byLine = canPrefetchByLine ? $"shape.RowsPerHead < {BlockRows} && next == {BlockTokens}" : "false";
        bool areGathered = MicroKernel.RowsAreGathered(call);
        string At(string token) => areGathered ? $"offsets[{token}]" : $"({token}) * offsets[0]";
        string Units(string numbers) => element.PerUnit == 1 ? numbers : $"({numbers}) / {element.PerUnit}";
        string ForEachToken(Func<int, string> text) => string.Concat(Enumerable.Range(0, BlockTokens).Select(text));
        string StoreSums(int row) => $$"""
            {
                {{OpenClText.Sums("sums", lanes, $"s{row}0", $"s{row}1", $"s{row}2", $"s{row}3")}}
                const float4 all = sums + (float4)(t{{row}}0, t{{row}}1, t{{row}}2, t{{row}}3);
                {{body.Pointer("scores")}} target = s + {{row}} * shape.Stride;
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
            string Query(int row) => $"q + {row} * shape.Dimension + i";
            string Key(int token) => element.Load($"k{token}", "i");
            return $$"""
                for (; row + {{rows}} <= end; row += {{rows}}) {
                    const {{body.Pointer("rows")}} q = rows + (long)row * shape.Dimension;
                    {{body.Pointer("scores")}} s = scores + (long)row * shape.Stride + token;
                    {{ForEach((row, token) => $"{vector} s{row}{token} = 0.0f; float t{row}{token} = 0.0f;\n")}}
                    int i = 0;
                    for (; i + {{lanes}} <= shape.Dimension; i += {{lanes}}) {
                        {{(rows == 1 ? $"if (byLine && row == head * shape.RowsPerHead) {{ {ForEachToken(PrefetchNext)} }}\n" : "")}}
                        {{ForEachToken(token => $"const {vector} x{token} = {element.Load(lanes, $"k{token}", "i")};\n")}}
                        {{ForEach((row, token) => $"s{row}{token} = fma(vload{lanes}(0, {Query(row)}), x{token}, s{row}{token});\n")}}
                    }
                    for (; i < shape.Dimension; i++) {
                        {{ForEach((row, token) => $"t{row}{token} = fma(*({Query(row)}), {Key(token)}, t{row}{token});\n")}}
                    }
                    {{string.Concat(Enumerable.Range(0, rows).Select(StoreSums))}}
                }
                """;
        }

        body.Write($$"""
            for (int token = 0; token < shape.Tokens; token += {{BlockTokens}}) {
                const int block = min({{BlockTokens}}, shape.Tokens - token);
                const int next = min({{BlockTokens}}, shape.Known - token - {{BlockTokens}});
                const bool byLine = {{byLine}};
                for (int head = 0; head < shape.Heads; head++) {
                    const {{body.Pointer("tokens")}} h = tokens + head * shape.HeadStride;
                    {{ForEachToken(Tokens)}}
                    for (int ahead = 0; !byLine && ahead < next; ahead++)
                        {{element.PrefetchRow($"h + {At($"token + {BlockTokens} + ahead")}", "shape.Dimension")}}
                    int row = head * shape.RowsPerHead;
                    const int end = row + shape.RowsPerHead;
                    {{Rows(BlockRows)}}
                    {{Rows(1)}}
                }
            }
            """);

        string PrefetchNext(int token) => Prefetch.OpenCl($"n{token} + {Units("i")}");

        // A token of this block, whose first stands in for those that are missing, and one of the next.
        string Tokens(int token) => $$"""
            const {{body.Pointer("tokens")}} k{{token}} = h + {{At($"token + (block > {token} ? {token} : 0)")}};
            const {{body.Pointer("tokens")}} n{{token}} = h + (byLine ? {{At($"token + {BlockTokens + token}")}} : 0);

            """;
    }

    [IntrinsicImplementation]
    [MethodImpl(InnerLoop.Compilation)]
    private static void OutputsCore(
        ref float weights, ref TFormat tokens, ref long offsets, ref float outputs, SkinnyGemmShape shape)
    {
        for (nint token = 0; token < shape.Tokens; token += BlockTokens)
        {
            ref long block = ref Unsafe.Add(ref offsets, token);
            int count = (int)Math.Min(BlockTokens, shape.Tokens - token);
            int nextCount = (int)Math.Min(BlockTokens, shape.Known - token - BlockTokens);
            for (nint head = 0; head < shape.Heads; head++)
            {
                ref TFormat tokensOfHead = ref Unsafe.Add(ref tokens, head * (nint)shape.HeadStride);
                Block.PrefetchNext(ref tokensOfHead, ref block, nextCount, shape.Dimension);
                ref float output = ref Unsafe.Add(ref outputs, head * shape.RowsPerHead * shape.Dimension);
                ref float weight = ref Unsafe.Add(ref weights, (head * shape.RowsPerHead * shape.Stride) + token);
                if (TFormat.AreFinite(ref tokensOfHead, ref block, count, shape.Dimension))
                {
                    ref Finite<TFormat> finite = ref Unsafe.As<TFormat, Finite<TFormat>>(ref tokensOfHead);
                    SkinnyGemm<TVector, Finite<TFormat>>.Block.AddRows(ref weight, ref finite, ref block, ref output, shape, count);
                }
                else
                {
                    Block.AddRows(ref weight, ref tokensOfHead, ref block, ref output, shape, count);
                }
            }
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
                for (; column + {{vectors * lanes}} <= shape.Dimension; column += {{vectors * lanes}}) {
                    {{ForEach((row, index) => $"{vector} o{row}{index} = vload{lanes}({index}, o + {row} * shape.Dimension + column);\n")}}
                    for (int t = 0; t < block; t++) {
                        const {{body.Pointer("tokens")}} value = v + offsets[token + t];
                        {{ForEachVector(index => $"const {vector} x{index} = {Value(index)};\n")}}
                        {{ForEach((row, index) => $"o{row}{index} = fma({Weight(row)}, x{index}, o{row}{index});\n")}}
                    }
                    {{ForEach((row, index) => $"vstore{lanes}(o{row}{index}, {index}, o + {row} * shape.Dimension + column);\n")}}
                }
                """;
        }

        string Value(int index) => element.Load(lanes, "value", $"column + {index * lanes}");
        string Weight(int row) => $"({vector})w[{row} * shape.Stride + t]";
        string Rows(int rows) => $$"""
            for (; row + {{rows}} <= end; row += {{rows}}) {
                const {{body.Pointer("weights")}} w = weights + (long)row * shape.Stride + token;
                {{body.Pointer("outputs")}} o = outputs + (long)row * shape.Dimension;
                int column = 0;
                {{Columns(rows, ColumnVectors)}}
                {{Columns(rows, 1)}}
                for (; column < shape.Dimension; column++)
                    for (int r = 0; r < {{rows}}; r++) {
                        float sum = o[r * shape.Dimension + column];
                        for (int t = 0; t < block; t++)
                            sum = fma(w[r * shape.Stride + t], {{element.Load("(v + offsets[token + t])", "column")}}, sum);
                        o[r * shape.Dimension + column] = sum;
                    }
            }
            """;
        body.Write($$"""
            for (int token = 0; token < shape.Tokens; token += {{BlockTokens}}) {
                const int block = min({{BlockTokens}}, shape.Tokens - token);
                const int next = min({{BlockTokens}}, shape.Known - token - {{BlockTokens}});
                for (int head = 0; head < shape.Heads; head++) {
                    const {{body.Pointer("tokens")}} v = tokens + head * shape.HeadStride;
                    for (int ahead = 0; ahead < next; ahead++)
                        {{element.PrefetchRow($"v + offsets[token + {BlockTokens} + ahead]", "shape.Dimension")}}
                    int row = head * shape.RowsPerHead;
                    const int end = row + shape.RowsPerHead;
                    {{Rows(BlockRows)}}
                    {{Rows(1)}}
                }
            }
            """);
    }
}
