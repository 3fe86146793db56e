using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using AttentionKernels.CodeGeneration;
using AttentionKernels.Simd;
using ILGPU;
using ILGPU.Backends.OpenCL;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace AttentionKernels.MicroKernels;

/// <summary>Scales scores and applies a formula to them, a vector at once: a score modifier, between Q·Kᵀ and the softmax.</summary>
internal static class ScoreFormula
{
    private static ReadOnlySpan<float> LaneNumbers => [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

    /// <typeparam name="TVector">The vector of the managed CPU; on OpenCL devices its lanes count.</typeparam>
    /// <typeparam name="TFormula">The formula.</typeparam>
    /// <param name="tile">The scores.</param>
    extension<TVector, TFormula>(TileView tile)
        where TVector : struct, IVector<TVector>
        where TFormula : struct, IFormula
    {
        /// <summary>
        /// scores[key][lane] = f(scale·scores[key][lane], firstKey + key, terms[·][lane]) for a panel of scores, every lane a query.
        /// </summary>
        public void ApplyToPanel(int count, float scale, int firstKey, ArrayView<float> terms)
        {
            tile.Check(count, 2 * TVector.Lanes);
            MicroKernel.CheckExtent(terms.Length, RowTerms.Count * 2 * TVector.Lanes);
            PanelCore<TVector, TFormula>(ref tile.Data[0], count, scale, firstKey, ref terms[0]);
        }

        /// <summary>
        /// scores[row][key] = f(scale·scores[row][key], firstKey + key, terms[row][·]) for rows of scores. Behind the scores of a row, up
        /// to whole vectors, memory is overwritten.
        /// </summary>
        /// <returns>Whether no result is −∞.</returns>
        public bool ApplyToRows(int rows, int count, float scale, int firstKey, ArrayView<float> terms)
        {
            tile.Check(rows, (count + TVector.Lanes - 1) / TVector.Lanes * TVector.Lanes);
            MicroKernel.CheckExtent(terms.Length, (long)rows * RowTerms.Count);
            return RowsCore<TVector, TFormula>(ref tile.Data[0], tile.Stride, rows, count, scale, firstKey, ref terms[0])
                != float.PositiveInfinity;
        }

        [IntrinsicImplementation]
        [MethodImpl(InnerLoop.Compilation)]
        private static void PanelCore(ref float scores, int count, float scale, int firstKey, ref float terms)
        {
            for (int lane = 0; lane < 2 * TVector.Lanes; lane += TVector.Lanes)
            {
                ref float column = ref Unsafe.Add(ref scores, lane);
                Column<TVector, TFormula>(ref column, count, scale, firstKey, ref Unsafe.Add(ref terms, lane));
            }
        }

        // The largest of the negated results, which is ∞ where one is −∞.
        [IntrinsicImplementation]
        [MethodImpl(InnerLoop.Compilation)]
        private static float RowsCore(ref float scores, int stride, int rows, int count, float scale, int firstKey, ref float terms)
        {
            float largest = float.NegativeInfinity;
            for (nint row = 0; row < rows; row++)
            {
                ref float line = ref Unsafe.Add(ref scores, row * stride);
                ref float own = ref Unsafe.Add(ref terms, row * RowTerms.Count);
                largest = Math.Max(largest, Row<TVector, TFormula>(ref line, count, scale, firstKey, ref own));
            }

            return largest;
        }

        [MethodImpl(InnerLoop.Compilation)]
        private static void Column(ref float scores, int count, float scale, int firstKey, ref float terms)
        {
            nint stride = 2 * TVector.Lanes;
            TVector scales = TVector.Create(scale);
            var row = new RowTerms<TVector>(
                TVector.Load(ref terms, 0), TVector.Load(ref terms, stride),
                TVector.Load(ref terms, 2 * stride), TVector.Load(ref terms, 3 * stride));
            for (int key = 0; key < count; key++)
            {
                TVector product = TVector.Load(ref scores, key * stride);
                TFormula.Apply(product * scales, TVector.Create(firstKey + key), row).Store(ref scores, key * stride);
            }
        }

        [MethodImpl(InnerLoop.Compilation)]
        private static float Row(ref float scores, int count, float scale, int firstKey, ref float terms)
        {
            for (nint key = count; key % TVector.Lanes != 0; key++)
                Unsafe.Add(ref scores, key) = 0f;
            TVector scales = TVector.Create(scale);
            TVector lanes = TVector.Load(ref MemoryMarshal.GetReference(LaneNumbers), 0);
            var row = new RowTerms<TVector>(
                TVector.Create(terms), TVector.Create(Unsafe.Add(ref terms, 1)),
                TVector.Create(Unsafe.Add(ref terms, 2)), TVector.Create(Unsafe.Add(ref terms, 3)));
            TVector largest = TVector.Create(float.NegativeInfinity);
            for (int key = 0; key < count; key += TVector.Lanes)
            {
                TVector product = TVector.Load(ref scores, key);
                TVector result = TFormula.Apply(product * scales, TVector.Create(firstKey + key) + lanes, row);
                result.Store(ref scores, key);
                largest = TVector.Larger(TVector.Create(0f) - result, largest);
            }

            return TVector.Largest(largest);
        }
    }

    private static void PanelCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call)
    {
        int lanes = MicroKernel.Width(call).Lanes;
        string vector = $"float{lanes}";
        FormulaText formula = MicroKernel.Formula(call, "score", "key");
        var body = new OpenClBody(generator, call);
        body.Write($$"""
            for (int v = 0; v < 2; v++) {
                {{body.Pointer("scores")}} s = scores + {{lanes}} * v;
                {{formula.Terms(lanes, term => $"vload{lanes}({2 * term} + v, terms)")}}
                for (int i = 0; i < count; i++) {
                    const {{vector}} score = vload{{lanes}}(2 * i, s) * scale;
                    const {{vector}} key = (float)(firstKey + i);
                    {{vector}} value;
                    {{formula.Apply(lanes, "value")}}
                    vstore{{lanes}}(value, 2 * i, s);
                }
            }
            """);
    }

    private static void RowsCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call)
    {
        int lanes = MicroKernel.Width(call).Lanes;
        string vector = $"float{lanes}";
        FormulaText formula = MicroKernel.Formula(call, "score", "key");
        var body = new OpenClBody(generator, call);
        body.Write($$"""
            {{vector}} largest = -INFINITY;
            for (int row = 0; row < rows; row++) {
                {{body.Pointer("scores")}} s = scores + (long)row * stride;
                for (int i = count; i % {{lanes}} != 0; i++) s[i] = 0.0f;
                {{formula.Terms(lanes, term => $"terms[{RowTerms.Count} * row + {term}]")}}
                for (int i = 0; i < count; i += {{lanes}}) {
                    const {{vector}} score = vload{{lanes}}(0, s + i) * scale;
                    const {{vector}} key = (float)(firstKey + i) + ({{vector}})({{string.Join(", ", Enumerable.Range(0, lanes))}});
                    {{vector}} value;
                    {{formula.Apply(lanes, "value")}}
                    vstore{{lanes}}(value, 0, s + i);
                    largest = select(largest, -value, -value > largest);
                }
            }
            {{OpenClText.Largest("result", "largest", lanes)}}
            """);
    }
}
