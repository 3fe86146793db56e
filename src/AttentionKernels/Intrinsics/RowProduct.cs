using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using AttentionKernels.Intrinsics.Simd;
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
/// same bytes arrive at half the speed.</para>
/// <para>Every head has the same number of rows, which lie one after the other.</para>
/// </remarks>
internal static class RowProduct
{
    /// <summary>Tokens that are read side by side.</summary>
    public const int BlockTokens = 4;

    // Columns of an output row that stay in registers over a block's tokens.
    private const int ColumnVectors = 4;

    /// <summary>scores[row][token] = rows[row] · tokens[token][head of the row].</summary>
    public static void Scores<TWidth>(
        ArrayView<float> rows, long rowsOffset, ArrayView<float> tokens, long tokensOffset, long tokenStride, long headStride,
        ArrayView<float> scores, long scoresOffset, int scoreStride, int heads, int rowsPerHead, int count, int dimension)
        where TWidth : struct, IVectorWidth
    {
        MicroKernel.CheckExtent(rows, rowsOffset, (long)heads * rowsPerHead * dimension);
        MicroKernel.CheckExtent(tokens, tokensOffset, ((count - 1) * tokenStride) + ((heads - 1) * headStride) + dimension);
        MicroKernel.CheckExtent(scores, scoresOffset, ((((long)heads * rowsPerHead) - 1) * scoreStride) + count);
        ScoresCore<TWidth>(ref rows[rowsOffset], ref tokens[tokensOffset], tokenStride, headStride, ref scores[scoresOffset],
            scoreStride, heads, rowsPerHead, count, dimension);
    }

    /// <summary>outputs[row] += Σ over the tokens of weights[row][token] · tokens[token][head of the row].</summary>
    public static void Outputs<TWidth>(
        ArrayView<float> weights, long weightsOffset, int weightStride, ArrayView<float> tokens, long tokensOffset, long tokenStride, long headStride,
        ArrayView<float> outputs, long outputsOffset, int heads, int rowsPerHead, int count, int dimension)
        where TWidth : struct, IVectorWidth
    {
        MicroKernel.CheckExtent(weights, weightsOffset, ((((long)heads * rowsPerHead) - 1) * weightStride) + count);
        MicroKernel.CheckExtent(tokens, tokensOffset, ((count - 1) * tokenStride) + ((heads - 1) * headStride) + dimension);
        MicroKernel.CheckExtent(outputs, outputsOffset, (long)heads * rowsPerHead * dimension);
        OutputsCore<TWidth>(ref weights[weightsOffset], ref tokens[tokensOffset], tokenStride, headStride, ref outputs[outputsOffset],
            weightStride, heads, rowsPerHead, count, dimension);
    }

    [IntrinsicImplementation]
    private static void ScoresCore<TWidth>(
        ref float rows, ref float tokens, long tokenStride, long headStride, ref float scores,
        int scoreStride, int heads, int rowsPerHead, int count, int dimension)
        where TWidth : struct, IVectorWidth
    {
        nint ahead = (nint)tokenStride;
        for (nint token = 0; token < count; token += BlockTokens)
        {
            for (nint head = 0; head < heads; head++)
            {
                ref float first = ref Unsafe.Add(ref tokens, (token * (nint)tokenStride) + (head * (nint)headStride));
                int block = (int)Math.Min(BlockTokens, count - token);
                for (nint next = BlockTokens; next < BlockTokens + block; next++)
                    Prefetch.Row(ref Unsafe.Add(ref first, next * ahead), dimension);
                for (nint row = head * rowsPerHead; row < (head + 1) * rowsPerHead; row++)
                {
                    ref float query = ref Unsafe.Add(ref rows, row * dimension);
                    ref float score = ref Unsafe.Add(ref scores, (row * scoreStride) + token);
                    if (TWidth.Lanes == 16)
                        Dots<Simd512, Vector512<float>>(ref query, ref first, ahead, ref score, block, dimension);
                    else if (TWidth.Lanes == 8)
                        Dots<Simd256, Vector256<float>>(ref query, ref first, ahead, ref score, block, dimension);
                    else
                        Dots<Simd128, Vector128<float>>(ref query, ref first, ahead, ref score, block, dimension);
                }
            }
        }
    }

    private static void Dots<TSimd, TVector>(ref float row, ref float tokens, nint stride, ref float scores, int count, nint dimension)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        // Fewer tokens than a block has: the first stands in for those that are missing, and its score is not stored.
        ref float second = ref Unsafe.Add(ref tokens, count > 1 ? stride : 0);
        ref float third = ref Unsafe.Add(ref tokens, count > 2 ? 2 * stride : 0);
        ref float fourth = ref Unsafe.Add(ref tokens, count > 3 ? 3 * stride : 0);
        TVector s0 = TSimd.Create(0f), s1 = s0, s2 = s0, s3 = s0;
        nint element = 0;
        for (; element <= dimension - TSimd.Lanes; element += TSimd.Lanes)
        {
            TVector factor = TSimd.Load(ref row, element);
            s0 = TSimd.MultiplyAdd(factor, TSimd.Load(ref tokens, element), s0);
            s1 = TSimd.MultiplyAdd(factor, TSimd.Load(ref second, element), s1);
            s2 = TSimd.MultiplyAdd(factor, TSimd.Load(ref third, element), s2);
            s3 = TSimd.MultiplyAdd(factor, TSimd.Load(ref fourth, element), s3);
        }

        float t0 = 0f, t1 = 0f, t2 = 0f, t3 = 0f;
        for (; element < dimension; element++)
        {
            float factor = Unsafe.Add(ref row, element);
            t0 = MathF.FusedMultiplyAdd(factor, Unsafe.Add(ref tokens, element), t0);
            t1 = MathF.FusedMultiplyAdd(factor, Unsafe.Add(ref second, element), t1);
            t2 = MathF.FusedMultiplyAdd(factor, Unsafe.Add(ref third, element), t2);
            t3 = MathF.FusedMultiplyAdd(factor, Unsafe.Add(ref fourth, element), t3);
        }

        scores = TSimd.Sum(s0) + t0;
        if (count > 1)
            Unsafe.Add(ref scores, 1) = TSimd.Sum(s1) + t1;
        if (count > 2)
            Unsafe.Add(ref scores, 2) = TSimd.Sum(s2) + t2;
        if (count > 3)
            Unsafe.Add(ref scores, 3) = TSimd.Sum(s3) + t3;
    }

    private static void ScoresCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call)
    {
        int lanes = MicroKernel.Width(call).Lanes;
        string[] operand = OpenClText.Operands(generator, call);
        string vector = $"float{lanes}";
        string space = OpenClText.AddressSpace(call[1]);
        string ForEachToken(Func<int, string> text) => string.Concat(Enumerable.Range(0, BlockTokens).Select(text));
        string sum = string.Concat(Enumerable.Range(0, BlockTokens).Select(token => $"if (block > {token}) s[{token}] = {OpenClText.Sum($"s{token}", lanes)} + t{token};\n"));
        OpenClText.Statement(generator, $$"""
            {
                const long stride = {{operand[2]}};
                const int heads = {{operand[6]}}, rows = {{operand[7]}}, count = {{operand[8]}}, dimension = {{operand[9]}};
                for (int token = 0; token < count; token += {{BlockTokens}}) {
                    const int block = min({{BlockTokens}}, count - token);
                    for (int head = 0; head < heads; head++) {
                        const {{space}} float* k0 = {{operand[1]}} + token * stride + head * {{operand[3]}};
                        {{ForEachToken(token => token == 0 ? "" : $"const {space} float* k{token} = k0 + (block > {token} ? {token} * stride : 0);\n")}}
                        for (int next = {{BlockTokens}}; next < {{BlockTokens}} + block; next++)
                            for (int i = 0; i < dimension; i += {{Prefetch.Line}}) { {{Prefetch.OpenCl("k0 + next * stride + i")}} }
                        for (int row = head * rows; row < (head + 1) * rows; row++) {
                            const {{OpenClText.AddressSpace(call[0])}} float* q = {{operand[0]}} + (long)row * dimension;
                            {{OpenClText.AddressSpace(call[4])}} float* s = {{operand[4]}} + (long)row * {{operand[5]}} + token;
                            {{ForEachToken(token => $"{vector} s{token} = 0.0f; float t{token} = 0.0f;\n")}}
                            int i = 0;
                            for (; i + {{lanes}} <= dimension; i += {{lanes}}) {
                                const {{vector}} f = vload{{lanes}}(0, q + i);
                                {{ForEachToken(token => $"s{token} = fma(f, vload{lanes}(0, k{token} + i), s{token});\n")}}
                            }
                            for (; i < dimension; i++) {
                                const float f = q[i];
                                {{ForEachToken(token => $"t{token} = fma(f, k{token}[i], t{token});\n")}}
                            }
                            {{sum}}
                        }
                    }
                }
            }
            """);
    }

    [IntrinsicImplementation]
    private static void OutputsCore<TWidth>(
        ref float weights, ref float tokens, long tokenStride, long headStride, ref float outputs,
        int weightStride, int heads, int rowsPerHead, int count, int dimension)
        where TWidth : struct, IVectorWidth
    {
        nint stride = (nint)tokenStride;
        for (nint token = 0; token < count; token += BlockTokens)
        {
            for (nint head = 0; head < heads; head++)
            {
                ref float first = ref Unsafe.Add(ref tokens, (token * stride) + (head * (nint)headStride));
                int block = (int)Math.Min(BlockTokens, count - token);
                for (nint next = BlockTokens; next < BlockTokens + block; next++)
                    Prefetch.Row(ref Unsafe.Add(ref first, next * stride), dimension);
                for (nint row = head * rowsPerHead; row < (head + 1) * rowsPerHead; row++)
                {
                    ref float output = ref Unsafe.Add(ref outputs, row * dimension);
                    ref float weight = ref Unsafe.Add(ref weights, (row * weightStride) + token);
                    if (TWidth.Lanes == 16)
                        AddRows<Simd512, Vector512<float>>(ref weight, ref first, stride, ref output, block, dimension);
                    else if (TWidth.Lanes == 8)
                        AddRows<Simd256, Vector256<float>>(ref weight, ref first, stride, ref output, block, dimension);
                    else
                        AddRows<Simd128, Vector128<float>>(ref weight, ref first, stride, ref output, block, dimension);
                }
            }
        }
    }

    private static void AddRows<TSimd, TVector>(ref float weights, ref float tokens, nint stride, ref float output, int count, nint dimension)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        nint width = TSimd.Lanes;
        nint column = 0;
        for (; column <= dimension - (ColumnVectors * width); column += ColumnVectors * width)
        {
            ref float target = ref Unsafe.Add(ref output, column);
            TVector o0 = TSimd.Load(ref target, 0), o1 = TSimd.Load(ref target, width);
            TVector o2 = TSimd.Load(ref target, 2 * width), o3 = TSimd.Load(ref target, 3 * width);
            for (nint token = 0; token < count; token++)
            {
                TVector weight = TSimd.Create(Unsafe.Add(ref weights, token));
                ref float value = ref Unsafe.Add(ref tokens, (token * stride) + column);
                o0 = TSimd.MultiplyAdd(weight, TSimd.Load(ref value, 0), o0);
                o1 = TSimd.MultiplyAdd(weight, TSimd.Load(ref value, width), o1);
                o2 = TSimd.MultiplyAdd(weight, TSimd.Load(ref value, 2 * width), o2);
                o3 = TSimd.MultiplyAdd(weight, TSimd.Load(ref value, 3 * width), o3);
            }

            TSimd.Store(o0, ref target, 0);
            TSimd.Store(o1, ref target, width);
            TSimd.Store(o2, ref target, 2 * width);
            TSimd.Store(o3, ref target, 3 * width);
        }

        for (; column <= dimension - width; column += width)
        {
            TVector sum = TSimd.Load(ref output, column);
            for (nint token = 0; token < count; token++)
                sum = TSimd.MultiplyAdd(TSimd.Create(Unsafe.Add(ref weights, token)), TSimd.Load(ref tokens, (token * stride) + column), sum);
            TSimd.Store(sum, ref output, column);
        }

        for (; column < dimension; column++)
        {
            float sum = Unsafe.Add(ref output, column);
            for (nint token = 0; token < count; token++)
                sum = MathF.FusedMultiplyAdd(Unsafe.Add(ref weights, token), Unsafe.Add(ref tokens, (token * stride) + column), sum);
            Unsafe.Add(ref output, column) = sum;
        }
    }

    private static void OutputsCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call)
    {
        int lanes = MicroKernel.Width(call).Lanes;
        string[] operand = OpenClText.Operands(generator, call);
        string vector = $"float{lanes}";
        string space = OpenClText.AddressSpace(call[1]);
        string Columns(int vectors)
        {
            string ForEach(Func<int, string> text) => string.Concat(Enumerable.Range(0, vectors).Select(text));
            return $$"""
                for (; column + {{vectors * lanes}} <= dimension; column += {{vectors * lanes}}) {
                    {{ForEach(index => $"{vector} o{index} = vload{lanes}({index}, o + column);\n")}}
                    for (int t = 0; t < block; t++) {
                        const {{vector}} f = w[t];
                        const {{space}} float* value = v + t * stride + column;
                        {{ForEach(index => $"o{index} = fma(f, vload{lanes}({index}, value), o{index});\n")}}
                    }
                    {{ForEach(index => $"vstore{lanes}(o{index}, {index}, o + column);\n")}}
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
                        const {{space}} float* v = {{operand[1]}} + token * stride + head * {{operand[3]}};
                        for (int next = {{BlockTokens}}; next < {{BlockTokens}} + block; next++)
                            for (int i = 0; i < dimension; i += {{Prefetch.Line}}) { {{Prefetch.OpenCl("v + next * stride + i")}} }
                        for (int row = head * rows; row < (head + 1) * rows; row++) {
                            const {{OpenClText.AddressSpace(call[0])}} float* w = {{operand[0]}} + (long)row * {{operand[5]}} + token;
                            {{OpenClText.AddressSpace(call[4])}} float* o = {{operand[4]}} + (long)row * dimension;
                            int column = 0;
                            {{Columns(ColumnVectors)}}
                            {{Columns(1)}}
                            for (; column < dimension; column++) {
                                float sum = o[column];
                                for (int t = 0; t < block; t++) sum = fma(w[t], v[t * stride + column], sum);
                                o[column] = sum;
                            }
                        }
                    }
                }
            }
            """);
    }
}
