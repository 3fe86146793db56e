using System.Runtime.CompilerServices;
using AttentionKernels.CodeGeneration;
using AttentionKernels.Simd;
using ILGPU;
using ILGPU.Backends.OpenCL;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace AttentionKernels.MicroKernels;

/// <summary>
/// The online softmax of a panel of scores [key][lane], every lane a query: maxima, exponents, sums, all lanes at once.
/// </summary>
/// <remarks>Milakov and Gimelshein, "Online normalizer calculation for softmax", 2018. A score of −∞ is masked; a NaN never becomes the
/// maximum. Scores are scaled and rounded before the maximum is subtracted, so that the largest weight is exactly 1.</remarks>
/// <typeparam name="TVector">The vector of the managed CPU; on OpenCL devices its lanes count.</typeparam>
internal static class PanelSoftmax<TVector>
    where TVector : struct, IVector<TVector>
{
    /// <summary>
    /// m' = max(m, scale·scores), factors = e^(m − m'), scores = e^(scale·scores − m'), sums = factors·sums + Σ scores, for the maxima m.
    /// </summary>
    public static void Update(ArrayView<float> scores, int count, float scale, SoftmaxRows lanes)
    {
        MicroKernel.CheckExtent(scores.Length, (long)count * 2 * TVector.Lanes);
        lanes.Check(2 * TVector.Lanes);
        UpdateCore(ref scores[0], count, scale, ref lanes.Maxima[0], ref lanes.Sums[0], ref lanes.Factors[0]);
    }

    /// <summary>Masks: scores[key][lane] = −∞ unless lower[lane] ≤ key &lt; upper[lane], where keys are counted from 0.</summary>
    public static void Mask(ArrayView<float> scores, int count, ArrayView<float> lower, ArrayView<float> upper)
    {
        MicroKernel.CheckExtent(scores.Length, (long)count * 2 * TVector.Lanes);
        MicroKernel.CheckExtent(lower.Length, 2 * TVector.Lanes);
        MicroKernel.CheckExtent(upper.Length, 2 * TVector.Lanes);
        MaskCore(ref scores[0], count, ref lower[0], ref upper[0]);
    }

    [IntrinsicImplementation]
    [MethodImpl(InnerLoop.Compilation)]
    private static void UpdateCore(ref float scores, int count, float scale, ref float maxima, ref float sums, ref float factors)
    {
        for (int lane = 0; lane < 2 * TVector.Lanes; lane += TVector.Lanes)
        {
            ref float column = ref Unsafe.Add(ref scores, lane);
            ref float maximum = ref Unsafe.Add(ref maxima, lane);
            ref float sum = ref Unsafe.Add(ref sums, lane);
            ref float factor = ref Unsafe.Add(ref factors, lane);
            Column(ref column, count, scale, ref maximum, ref sum, ref factor);
        }
    }

    [MethodImpl(InnerLoop.Compilation)]
    private static void Column(ref float scores, int count, float scale, ref float maximum, ref float sum, ref float factor)
    {
        nint stride = 2 * TVector.Lanes;
        TVector zero = TVector.Create(0f);
        TVector scales = TVector.Create(scale);
        TVector negativeInfinity = TVector.Create(float.NegativeInfinity);
        TVector largest = negativeInfinity;
        for (int key = 0; key < count; key++)
            largest = TVector.Larger(TVector.Load(ref scores, key * stride), largest);
        TVector before = TVector.Load(ref maximum, 0);
        TVector after = TVector.Larger(largest * scales, before);
        after.Store(ref maximum, 0);

        // Where everything so far is masked, −∞ − −∞ would be NaN.
        TVector negated = zero - TVector.IfLess(after, TVector.Create(float.MinValue), zero, after);
        TVector rescale = VectorExponential.Exp(before + negated);
        rescale.Store(ref factor, 0);
        TVector total = zero;
        for (int key = 0; key < count; key++)
        {
            TVector weight = VectorExponential.Exp((TVector.Load(ref scores, key * stride) * scales) + negated);
            weight.Store(ref scores, key * stride);
            total += weight;
        }

        TVector.MultiplyAdd(TVector.Load(ref sum, 0), rescale, total).Store(ref sum, 0);
    }

    private static void UpdateCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call)
    {
        int lanes = MicroKernel.Width(call).Lanes;
        string vector = $"float{lanes}";
        var body = new OpenClBody(generator, call);
        body.Write($$"""
            for (int v = 0; v < 2; v++) {
                {{body.Pointer("scores")}} s = scores + {{lanes}} * v;
                {{vector}} largest = -INFINITY;
                for (int key = 0; key < count; key++) {
                    const {{vector}} x = vload{{lanes}}(2 * key, s);
                    largest = select(largest, x, x > largest);
                }
                const {{vector}} before = vload{{lanes}}(v, maxima);
                largest *= scale;
                const {{vector}} after = select(before, largest, largest > before);
                vstore{{lanes}}(after, v, maxima);
                const {{vector}} negated = -select(after, ({{vector}})0.0f, after < -FLT_MAX);
                {{vector}} rescale, weight, total = 0.0f;
                {{VectorExponential.OpenCl(lanes, "before + negated", "rescale")}}
                vstore{{lanes}}(rescale, v, factors);
                for (int key = 0; key < count; key++) {
                    const {{vector}} score = vload{{lanes}}(2 * key, s) * scale;
                    {{VectorExponential.OpenCl(lanes, "score + negated", "weight")}}
                    vstore{{lanes}}(weight, 2 * key, s);
                    total += weight;
                }
                vstore{{lanes}}(fma(vload{{lanes}}(v, sums), rescale, total), v, sums);
            }
            """);
    }

    [IntrinsicImplementation]
    [MethodImpl(InnerLoop.Compilation)]
    private static void MaskCore(ref float scores, int count, ref float lower, ref float upper)
    {
        for (int lane = 0; lane < 2 * TVector.Lanes; lane += TVector.Lanes)
        {
            ref float column = ref Unsafe.Add(ref scores, lane);
            ref float first = ref Unsafe.Add(ref lower, lane);
            ref float end = ref Unsafe.Add(ref upper, lane);
            MaskColumn(ref column, count, ref first, ref end);
        }
    }

    [MethodImpl(InnerLoop.Compilation)]
    private static void MaskColumn(ref float scores, int count, ref float lower, ref float upper)
    {
        TVector masked = TVector.Create(float.NegativeInfinity);
        TVector first = TVector.Load(ref lower, 0);
        TVector end = TVector.Load(ref upper, 0);
        for (int key = 0; key < count; key++)
        {
            nint offset = key * 2 * TVector.Lanes;
            TVector at = TVector.Create(key);
            TVector score = TVector.IfLess(at, first, masked, TVector.Load(ref scores, offset));
            TVector.IfLess(at, end, score, masked).Store(ref scores, offset);
        }
    }

    private static void MaskCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call)
    {
        int lanes = MicroKernel.Width(call).Lanes;
        string vector = $"float{lanes}";
        var body = new OpenClBody(generator, call);
        body.Write($$"""
            for (int v = 0; v < 2; v++) {
                {{body.Pointer("scores")}} s = scores + {{lanes}} * v;
                const {{vector}} first = vload{{lanes}}(v, lower), end = vload{{lanes}}(v, upper);
                for (int key = 0; key < count; key++) {
                    const {{vector}} at = (float)key;
                    vstore{{lanes}}(select(({{vector}})-INFINITY, vload{{lanes}}(2 * key, s), at >= first && at < end), 2 * key, s);
                }
            }
            """);
    }
}
