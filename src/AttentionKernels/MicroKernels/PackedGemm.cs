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
/// GEMM with a packed panel: target[i][lane] = Σₖ left[i][k]·panel[k][lane] + β[lane]·target[i][lane]. A panel has two vectors of lanes a
/// row.
/// </summary>
/// <remarks>
/// <para>Register tile: <see cref="IVector{TSelf}.BlockRows"/> rows of the target, two vectors each, stay in registers over the whole
/// depth; a step loads one row of the panel and broadcasts one element of each left row. With 8 rows of 2 × 16 lanes that is 16 fused
/// multiply-adds for 10 loads. Goto and van de Geijn, "Anatomy of high-performance matrix multiplication", 2008.</para>
/// <para>Attention uses it twice, with queries in lanes: scores[key][query] = keys · queriesᵀ and outputs[column][query] = valuesᵀ ·
/// weights. Neither keys nor values need a transposition, and what softmax does to a row of scores is done to all lanes at once.</para>
/// <para>The GEMM is compute-bound, so it issues the prefetches of the rows that are gathered next, one every few k-steps; a burst would
/// stall.</para>
/// </remarks>
/// <typeparam name="TVector">The vector of the managed CPU; on OpenCL devices its lanes count.</typeparam>
/// <typeparam name="TFormat">How the prefetched rows are stored.</typeparam>
internal static class PackedGemm<TVector, TFormat>
    where TVector : struct, IVector<TVector>
    where TFormat : unmanaged, IFormat<TFormat>
{
    /// <summary>
    /// scores[key][lane] = Σ over the dimension of keys[key]·queries[·][lane]. The number of keys is rounded up to whole blocks. Prefetches
    /// some rows, if any, on the way.
    /// </summary>
    public static void Scores(
        TileView keys, ArrayView<float> queries, ArrayView<float> scores, int count, int dimension, RowList<TFormat> prefetched)
    {
        int blocks = (count + TVector.BlockRows - 1) / TVector.BlockRows;
        prefetched.Check();
        keys.Check((long)blocks * TVector.BlockRows, dimension);
        MicroKernel.CheckExtent(queries.Length, (long)dimension * 2 * TVector.Lanes);
        MicroKernel.CheckExtent(scores.Length, (long)blocks * TVector.BlockRows * 2 * TVector.Lanes);
        var shape = new Shape
        {
            RowStride = keys.Stride,
            DepthStride = 1,
            BlockStride = TVector.BlockRows * keys.Stride,
            Blocks = blocks,
            Depth = dimension,
            RowsAhead = prefetched.Rows,
            LengthAhead = prefetched.Length,
        };
        Product<ZeroBeta>.AccumulateCore(
            ref keys.Data[0], ref queries[0], ref scores[0], ref scores[0], ref prefetched.Source[0], ref prefetched.Offsets[0], shape);
    }

    /// <summary>
    /// outputs[column][lane] = factors[lane]·outputs[column][lane] + Σ over the keys of values[key][column]·weights[key][lane]. Values lie
    /// in blocks of <see cref="IVector{TSelf}.BlockRows"/> columns, a stride apart. Prefetches as <see cref="Scores"/> does.
    /// </summary>
    public static void Outputs(
        TileView values, ArrayView<float> weights, ArrayView<float> factors, ArrayView<float> outputs, int blocks, int count,
        RowList<TFormat> prefetched)
    {
        prefetched.Check();
        values.Check(blocks, (long)count * TVector.BlockRows);
        MicroKernel.CheckExtent(weights.Length, (long)count * 2 * TVector.Lanes);
        MicroKernel.CheckExtent(factors.Length, 2 * TVector.Lanes);
        MicroKernel.CheckExtent(outputs.Length, (long)blocks * TVector.BlockRows * 2 * TVector.Lanes);
        var shape = new Shape
        {
            RowStride = 1,
            DepthStride = TVector.BlockRows,
            BlockStride = values.Stride,
            Blocks = blocks,
            Depth = count,
            RowsAhead = prefetched.Rows,
            LengthAhead = prefetched.Length,
        };
        Product<LaneBeta>.AccumulateCore(
            ref values.Data[0], ref weights[0], ref outputs[0], ref factors[0], ref prefetched.Source[0], ref prefetched.Offsets[0], shape);
    }

    // The GEMM with one kind of β.
    private static class Product<TBeta>
        where TBeta : struct, IBeta
    {
        [IntrinsicImplementation]
        [MethodImpl(InnerLoop.Compilation)]
        public static void AccumulateCore(
            ref float left, ref float panel, ref float target, ref float factors, ref TFormat ahead, ref long offsetsAhead, Shape shape)
        {
            var prefetches = PrefetchStream.Of(
                ref ahead, ref offsetsAhead, shape.RowsAhead, StoredSpan.Units<TFormat>(shape.LengthAhead),
                (long)shape.Blocks * shape.Depth);
            for (nint block = 0; block < shape.Blocks; block++)
            {
                Block(
                    ref Unsafe.Add(ref left, block * shape.BlockStride), ref panel,
                    ref Unsafe.Add(ref target, block * TVector.BlockRows * LanePair<TVector>.Length), ref factors, shape, ref prefetches);
            }
        }

        // The register tile: four rows, or twice four.
        [MethodImpl(InnerLoop.Compilation)]
        private static void Block(
            ref float left, ref float panel, ref float target, ref float factors, in Shape shape, ref PrefetchStream prefetches)
        {
            bool isDouble = TVector.BlockRows == 2 * RowQuad<TVector>.Rows;
            nint rowStride = shape.RowStride, depthStride = shape.DepthStride;
            int depth = shape.Depth;
            RowQuad<TVector> upper = default, lower = default;
            if (!TBeta.IsZero)
            {
                LanePair<TVector> beta = LanePair<TVector>.Load(ref factors, 0);
                upper = RowQuad<TVector>.Load(ref target).Multiply(beta);
                if (isDouble)
                    lower = RowQuad<TVector>.Load(ref Unsafe.Add(ref target, RowQuad<TVector>.Length)).Multiply(beta);
            }

            ref float lowerLeft = ref Unsafe.Add(ref left, RowQuad<TVector>.Rows * rowStride);
            for (int k = 0; k < depth;)
            {
                for (int stop = prefetches.Issue(k, depth); k < stop; k++)
                {
                    LanePair<TVector> row = LanePair<TVector>.Load(ref panel, 0);
                    upper = upper.MultiplyAdd(ref left, rowStride, row);
                    if (isDouble)
                        lower = lower.MultiplyAdd(ref lowerLeft, rowStride, row);
                    left = ref Unsafe.Add(ref left, depthStride);
                    lowerLeft = ref Unsafe.Add(ref lowerLeft, depthStride);
                    panel = ref Unsafe.Add(ref panel, LanePair<TVector>.Length);
                }
            }

            upper.Store(ref target);
            if (isDouble)
                lower.Store(ref Unsafe.Add(ref target, RowQuad<TVector>.Length));
        }

        private static void AccumulateCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call)
        {
            (int lanes, int rows) = MicroKernel.Width(call);
            ElementText element = MicroKernel.Element(call);
            var body = new OpenClBody(generator, call);
            string vector = $"float{lanes}";
            bool isZero = MicroKernel.BetaIsZero(call);
            string ForEachRow(Func<int, string> text) => string.Concat(Enumerable.Range(0, rows).Select(text));
            body.Write($$"""
                {{(isZero ? "" : $"const {vector} f0 = vload{lanes}(0, factors), f1 = vload{lanes}(1, factors);")}}
                const long stride = shape.RowStride;
                const int pause = max(1, shape.Blocks * shape.Depth / max(1, shape.RowsAhead));
                int issued = 0;
                for (int block = 0; block < shape.Blocks; block++, left += shape.BlockStride, target += {{2 * lanes * rows}}) {
                    {{ForEachRow(Start)}}
                    const {{body.Pointer("left")}} a = left;
                    const {{body.Pointer("panel")}} p = panel;
                    for (int k = 0; k < shape.Depth;) {
                        int stop = shape.Depth;
                        if (issued < shape.RowsAhead) {
                            const {{body.Pointer("ahead")}} row = ahead + offsetsAhead[issued++];
                            {{element.PrefetchRow("row", "shape.LengthAhead")}}
                            stop = min(stop, k + pause);
                        }
                        for (; k < stop; k++, a += shape.DepthStride, p += {{2 * lanes}}) {
                            const {{vector}} p0 = vload{{lanes}}(0, p), p1 = vload{{lanes}}(1, p);
                            {{ForEachRow(Step)}}
                        }
                    }
                    {{ForEachRow(Store)}}
                }
                """);

            string Start(int row) => isZero
                ? $"{vector} c{row} = 0.0f, d{row} = 0.0f;\n"
                : $"{vector} c{row} = vload{lanes}({2 * row}, target) * f0, d{row} = vload{lanes}({(2 * row) + 1}, target) * f1;\n";
            string Step(int row) =>
                $"{{ const {vector} x = a[{row} * stride]; c{row} = fma(x, p0, c{row}); d{row} = fma(x, p1, d{row}); }}\n";
            string Store(int row) => $"vstore{lanes}(c{row}, {2 * row}, target); vstore{lanes}(d{row}, {(2 * row) + 1}, target);\n";
        }
    }

    /// <summary>Where the elements of a product lie, and what is prefetched on the way.</summary>
    private struct Shape
    {
        /// <summary>Elements from a left row of a block to the next.</summary>
        public int RowStride;

        /// <summary>Elements from an element of a left row to the next.</summary>
        public int DepthStride;

        /// <summary>Elements from a block of left rows to the next.</summary>
        public int BlockStride;

        public int Blocks;
        public int Depth;
        public int RowsAhead;
        public int LengthAhead;
    }
}
