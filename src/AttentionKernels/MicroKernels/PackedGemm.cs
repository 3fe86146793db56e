using System.Runtime.CompilerServices;
using AttentionKernels.CodeGeneration;
using AttentionKernels.Formats;
using AttentionKernels.Simd;
using ILGPU;
using ILGPU.Backends.OpenCL;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace AttentionKernels.MicroKernels;

/// <summary>
/// Matrix products with a panel: target[i][lane] = Σₖ left[i][k]·panel[k][lane]. A panel has two vectors of lanes a row.
/// </summary>
/// <remarks>
/// <para>Register tile: <see cref="IVector{TSelf}.BlockRows"/> rows of the target, two vectors each, stay in registers over the whole depth;
/// a step loads one row of the panel and broadcasts one element of each left row. With 8 rows of 2 × 16 lanes that is 16 fused
/// multiply-adds for 10 loads. Goto and van de Geijn, "Anatomy of high-performance matrix multiplication", 2008.</para>
/// <para>Attention uses it twice, with queries in lanes: scores[key][query] = keys · queriesᵀ and outputs[column][query] = valuesᵀ ·
/// weights. Neither keys nor values need a transposition, and what softmax does to a row of scores is done to all lanes at once.</para>
/// <para>A product waits for no memory and so passes the time until other rows are there: it asks for those that are gathered next, one
/// every few steps. Asked for all at once, they would come no sooner and keep the processor from its product.</para>
/// </remarks>
internal static class PackedGemm
{
    /// <summary>
    /// scores[key][lane] = Σ over the dimension of keys[key]·queries[·][lane]. The number of keys is rounded up to whole blocks. Asks for
    /// <paramref name="rowsAhead"/> rows of <paramref name="ahead"/> on the way, if any, which lie at <paramref name="offsetsAhead"/>.
    /// </summary>
    public static void Scores<TFormat, TVector>(
        ArrayView<float> keys, long keysOffset, ArrayView<float> queries, long queriesOffset, ArrayView<float> scores, long scoresOffset,
        int count, int dimension, int keyStride,
        ArrayView<TFormat> ahead, long aheadOffset, ArrayView<long> offsetsAhead, long firstAhead, int rowsAhead, int dimensionAhead)
        where TFormat : unmanaged, IFormat<TFormat>
        where TVector : struct, IVector<TVector>
    {
        if (rowsAhead > 0)
            MicroKernel.CheckRows(ahead, aheadOffset, offsetsAhead, firstAhead, rowsAhead, dimensionAhead);
        int blocks = (count + TVector.BlockRows - 1) / TVector.BlockRows;
        MicroKernel.CheckExtent(keys, keysOffset, (((long)blocks * TVector.BlockRows) - 1) * keyStride + dimension);
        MicroKernel.CheckExtent(queries, queriesOffset, (long)dimension * 2 * TVector.Lanes);
        MicroKernel.CheckExtent(scores, scoresOffset, (long)blocks * TVector.BlockRows * 2 * TVector.Lanes);
        ProductCore<TFormat, TVector>(ref keys[keysOffset], keyStride, 1, TVector.BlockRows * keyStride,
            ref queries[queriesOffset], ref scores[scoresOffset], blocks, dimension, ref ahead[aheadOffset], ref offsetsAhead[firstAhead], rowsAhead, dimensionAhead);
    }

    /// <summary>
    /// outputs[column][lane] = factors[lane]·outputs[column][lane] + Σ over the keys of values[key][column]·weights[key][lane]. Values lie
    /// in blocks of <see cref="IVector{TSelf}.BlockRows"/> columns, <paramref name="blockStride"/> elements apart. Asks for rows on the way,
    /// as <see cref="Scores"/> does.
    /// </summary>
    public static void Outputs<TFormat, TVector>(
        ArrayView<float> values, long valuesOffset, int blockStride, ArrayView<float> weights, long weightsOffset,
        ArrayView<float> factors, long factorsOffset, ArrayView<float> outputs, long outputsOffset, int blocks, int count,
        ArrayView<TFormat> ahead, long aheadOffset, ArrayView<long> offsetsAhead, long firstAhead, int rowsAhead, int dimensionAhead)
        where TFormat : unmanaged, IFormat<TFormat>
        where TVector : struct, IVector<TVector>
    {
        if (rowsAhead > 0)
            MicroKernel.CheckRows(ahead, aheadOffset, offsetsAhead, firstAhead, rowsAhead, dimensionAhead);
        MicroKernel.CheckExtent(values, valuesOffset, ((blocks - 1L) * blockStride) + ((long)count * TVector.BlockRows));
        MicroKernel.CheckExtent(weights, weightsOffset, (long)count * 2 * TVector.Lanes);
        MicroKernel.CheckExtent(factors, factorsOffset, 2 * TVector.Lanes);
        MicroKernel.CheckExtent(outputs, outputsOffset, (long)blocks * TVector.BlockRows * 2 * TVector.Lanes);
        ScaledProductCore<TFormat, TVector>(ref values[valuesOffset], 1, TVector.BlockRows, blockStride,
            ref weights[weightsOffset], ref outputs[outputsOffset], blocks, count, ref ahead[aheadOffset], ref offsetsAhead[firstAhead], rowsAhead, dimensionAhead,
            ref factors[factorsOffset]);
    }

    [IntrinsicImplementation]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ProductCore<TFormat, TVector>(
        ref float left, int rowStride, int depthStride, int blockStride, ref float panel, ref float target, int blocks, int depth,
        ref TFormat ahead, ref long offsetsAhead, int rowsAhead, int dimensionAhead)
        where TFormat : unmanaged, IFormat<TFormat>
        where TVector : struct, IVector<TVector>
    {
        long units = StoredSpan.Units<TFormat>(dimensionAhead);
        var rows = PrefetchStream.Of(ref ahead, ref offsetsAhead, rowsAhead, units, (long)blocks * depth);
        Blocks<TVector>(ref left, rowStride, depthStride, blockStride, ref panel, ref target, blocks, depth, ref Unsafe.NullRef<float>(), ref rows);
    }

    [IntrinsicImplementation]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ScaledProductCore<TFormat, TVector>(
        ref float left, int rowStride, int depthStride, int blockStride, ref float panel, ref float target, int blocks, int depth,
        ref TFormat ahead, ref long offsetsAhead, int rowsAhead, int dimensionAhead, ref float factors)
        where TFormat : unmanaged, IFormat<TFormat>
        where TVector : struct, IVector<TVector>
    {
        long units = StoredSpan.Units<TFormat>(dimensionAhead);
        var rows = PrefetchStream.Of(ref ahead, ref offsetsAhead, rowsAhead, units, (long)blocks * depth);
        Blocks<TVector>(ref left, rowStride, depthStride, blockStride, ref panel, ref target, blocks, depth, ref factors, ref rows);
    }

    private static void ProductCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call) =>
        WriteOpenCl(generator, call, scaled: false);

    private static void ScaledProductCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call) =>
        WriteOpenCl(generator, call, scaled: true);

    private static void WriteOpenCl(CLCodeGenerator generator, Value call, bool scaled)
    {
        (int lanes, int rows) = MicroKernel.Width(call);
        ElementText element = MicroKernel.Element(call);
        var body = new OpenClBody(generator, call);
        string vector = $"float{lanes}";
        string ForEachRow(Func<int, string> text) => string.Concat(Enumerable.Range(0, rows).Select(text));
        body.Write($$"""
            {{(scaled ? $"const {vector} f0 = vload{lanes}(0, factors), f1 = vload{lanes}(1, factors);" : "")}}
            const long stride = rowStride;
            const int pause = max(1, blocks * depth / max(1, rowsAhead));
            int asked = 0;
            for (int block = 0; block < blocks; block++, left += blockStride, target += {{2 * lanes * rows}}) {
                {{ForEachRow(Start)}}
                const {{body.Pointer("left")}} a = left;
                const {{body.Pointer("panel")}} p = panel;
                for (int k = 0; k < depth;) {
                    int stop = depth;
                    if (asked < rowsAhead) {
                        const {{body.Pointer("ahead")}} row = ahead + offsetsAhead[asked++];
                        {{element.PrefetchRow("row", "dimensionAhead")}}
                        stop = min(stop, k + pause);
                    }
                    for (; k < stop; k++, a += depthStride, p += {{2 * lanes}}) {
                        const {{vector}} p0 = vload{{lanes}}(0, p), p1 = vload{{lanes}}(1, p);
                        {{ForEachRow(Step)}}
                    }
                }
                {{ForEachRow(Store)}}
            }
            """);

        string Start(int row) => scaled
            ? $"{vector} c{row} = vload{lanes}({2 * row}, target) * f0, d{row} = vload{lanes}({(2 * row) + 1}, target) * f1;\n"
            : $"{vector} c{row} = 0.0f, d{row} = 0.0f;\n";
        string Step(int row) => $"{{ const {vector} x = a[{row} * stride]; c{row} = fma(x, p0, c{row}); d{row} = fma(x, p1, d{row}); }}\n";
        string Store(int row) => $"vstore{lanes}(c{row}, {2 * row}, target); vstore{lanes}(d{row}, {(2 * row) + 1}, target);\n";
    }

    // Without factors the target's old content is not looked at.
    private static void Blocks<TVector>(
        ref float left, nint rowStride, nint depthStride, nint blockStride, ref float panel, ref float target, int blocks, int depth, ref float factors,
        ref PrefetchStream ahead)
        where TVector : struct, IVector<TVector>
    {
        for (nint block = 0; block < blocks; block++)
        {
            ref float l = ref Unsafe.Add(ref left, block * blockStride);
            ref float t = ref Unsafe.Add(ref target, block * TVector.BlockRows * 2 * TVector.Lanes);
            if (TVector.BlockRows == 8)
                EightRows<TVector>(ref l, rowStride, depthStride, ref panel, ref t, depth, ref factors, ref ahead);
            else
                FourRows<TVector>(ref l, rowStride, depthStride, ref panel, ref t, depth, ref factors, ref ahead);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void EightRows<TVector>(
        ref float left, nint rowStride, nint depthStride, ref float panel, ref float target, int depth, ref float factors, ref PrefetchStream ahead)
        where TVector : struct, IVector<TVector>
    {
        nint width = LanePair<TVector>.Length;
        LanePair<TVector> c0 = Start<TVector>(ref target, 0, ref factors), c1 = Start<TVector>(ref target, width, ref factors);
        LanePair<TVector> c2 = Start<TVector>(ref target, 2 * width, ref factors), c3 = Start<TVector>(ref target, 3 * width, ref factors);
        LanePair<TVector> c4 = Start<TVector>(ref target, 4 * width, ref factors), c5 = Start<TVector>(ref target, 5 * width, ref factors);
        LanePair<TVector> c6 = Start<TVector>(ref target, 6 * width, ref factors), c7 = Start<TVector>(ref target, 7 * width, ref factors);
        ref float lower = ref Unsafe.Add(ref left, 4 * rowStride);
        nint twoRows = 2 * rowStride, threeRows = 3 * rowStride;
        for (int k = 0; k < depth;)
        {
            for (int stop = ahead.Ask(k, depth); k < stop; k++)
            {
                LanePair<TVector> row = LanePair<TVector>.Load(ref panel, 0);
                c0 = c0.MultiplyAdd(left, row);
                c1 = c1.MultiplyAdd(Unsafe.Add(ref left, rowStride), row);
                c2 = c2.MultiplyAdd(Unsafe.Add(ref left, twoRows), row);
                c3 = c3.MultiplyAdd(Unsafe.Add(ref left, threeRows), row);
                c4 = c4.MultiplyAdd(lower, row);
                c5 = c5.MultiplyAdd(Unsafe.Add(ref lower, rowStride), row);
                c6 = c6.MultiplyAdd(Unsafe.Add(ref lower, twoRows), row);
                c7 = c7.MultiplyAdd(Unsafe.Add(ref lower, threeRows), row);
                left = ref Unsafe.Add(ref left, depthStride);
                lower = ref Unsafe.Add(ref lower, depthStride);
                panel = ref Unsafe.Add(ref panel, width);
            }
        }

        c0.Store(ref target, 0);
        c1.Store(ref target, width);
        c2.Store(ref target, 2 * width);
        c3.Store(ref target, 3 * width);
        c4.Store(ref target, 4 * width);
        c5.Store(ref target, 5 * width);
        c6.Store(ref target, 6 * width);
        c7.Store(ref target, 7 * width);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourRows<TVector>(
        ref float left, nint rowStride, nint depthStride, ref float panel, ref float target, int depth, ref float factors, ref PrefetchStream ahead)
        where TVector : struct, IVector<TVector>
    {
        nint width = LanePair<TVector>.Length;
        LanePair<TVector> c0 = Start<TVector>(ref target, 0, ref factors), c1 = Start<TVector>(ref target, width, ref factors);
        LanePair<TVector> c2 = Start<TVector>(ref target, 2 * width, ref factors), c3 = Start<TVector>(ref target, 3 * width, ref factors);
        nint twoRows = 2 * rowStride, threeRows = 3 * rowStride;
        for (int k = 0; k < depth;)
        {
            for (int stop = ahead.Ask(k, depth); k < stop; k++)
            {
                LanePair<TVector> row = LanePair<TVector>.Load(ref panel, 0);
                c0 = c0.MultiplyAdd(left, row);
                c1 = c1.MultiplyAdd(Unsafe.Add(ref left, rowStride), row);
                c2 = c2.MultiplyAdd(Unsafe.Add(ref left, twoRows), row);
                c3 = c3.MultiplyAdd(Unsafe.Add(ref left, threeRows), row);
                left = ref Unsafe.Add(ref left, depthStride);
                panel = ref Unsafe.Add(ref panel, width);
            }
        }

        c0.Store(ref target, 0);
        c1.Store(ref target, width);
        c2.Store(ref target, 2 * width);
        c3.Store(ref target, 3 * width);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static LanePair<TVector> Start<TVector>(ref float target, nint offset, ref float factors)
        where TVector : struct, IVector<TVector> =>
        Unsafe.IsNullRef(ref factors)
            ? default
            : LanePair<TVector>.Load(ref target, offset).Multiply(LanePair<TVector>.Load(ref factors, 0));
}
