using System.Runtime.CompilerServices;
using AttentionKernels.CodeGeneration;
using AttentionKernels.Simd;
using ILGPU.Backends.OpenCL;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace AttentionKernels.MicroKernels;

/// <summary>The online softmax of rows of scores [row][key]. As <see cref="PanelSoftmax{TVector}"/>, which has the queries in lanes;
/// here the keys are.</summary>
/// <typeparam name="TVector">The vector of the managed CPU; on OpenCL devices its lanes count.</typeparam>
internal static class RowSoftmax<TVector>
    where TVector : struct, IVector<TVector>
{
    /// <summary>
    /// For each row m' = max(m, scale·scores), factors = e^(m − m'), scores = e^(scale·scores − m'), sums = factors·sums + Σ scores, for
    /// the maxima m. Behind the scores of a row, up to whole vectors, memory is overwritten.
    /// </summary>
    public static void Update(TileView scores, int rows, int count, float scale, SoftmaxRows states)
    {
        scores.Check(rows, (count + TVector.Lanes - 1) / TVector.Lanes * TVector.Lanes);
        states.Check(rows);
        UpdateCore(
            ref scores.Data[0], scores.Stride, rows, count, scale, ref states.Maxima[0], ref states.Sums[0], ref states.Factors[0]);
    }

    [IntrinsicImplementation]
    [MethodImpl(InnerLoop.Compilation)]
    private static void UpdateCore(
        ref float scores, int stride, int rows, int count, float scale, ref float maxima, ref float sums, ref float factors)
    {
        for (nint row = 0; row < rows; row++)
        {
            ref float line = ref Unsafe.Add(ref scores, row * stride);
            ref float maximum = ref Unsafe.Add(ref maxima, row);
            ref float sum = ref Unsafe.Add(ref sums, row);
            ref float factor = ref Unsafe.Add(ref factors, row);
            Row(ref line, count, scale, ref maximum, ref sum, ref factor);
        }
    }

    [MethodImpl(InnerLoop.Compilation)]
    private static void Row(ref float scores, int count, float scale, ref float maximum, ref float sum, ref float factor)
    {
        for (nint key = count; key % TVector.Lanes != 0; key++)
            Unsafe.Add(ref scores, key) = float.NegativeInfinity;
        TVector largest = TVector.Create(float.NegativeInfinity);
        for (nint key = 0; key < count; key += TVector.Lanes)
            largest = TVector.Larger(TVector.Load(ref scores, key), largest);
        float before = maximum;
        float candidate = TVector.Largest(largest) * scale;
        float after = candidate > before ? candidate : before;
        maximum = after;

        // Where everything so far is masked, −∞ − −∞ would be NaN.
        float subtracted = after == float.NegativeInfinity ? 0f : after;
        TVector scales = TVector.Create(scale);
        TVector negated = TVector.Create(-subtracted);
        TVector total = TVector.Create(0f);
        for (nint key = 0; key < count; key += TVector.Lanes)
        {
            TVector weight = VectorExponential.Exp((TVector.Load(ref scores, key) * scales) + negated);
            weight.Store(ref scores, key);
            total += weight;
        }

        factor = MathF.Exp(before - subtracted);
        sum = MathF.FusedMultiplyAdd(sum, factor, TVector.Sum(total));
    }

    private static void UpdateCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call)
    {
        int lanes = MicroKernel.Width(call).Lanes;
        string vector = $"float{lanes}";
        var body = new OpenClBody(generator, call);
        body.Write($$"""
            for (int row = 0; row < rows; row++) {
                {{body.Pointer("scores")}} s = scores + (long)row * stride;
                for (int key = count; key % {{lanes}} != 0; key++) s[key] = -INFINITY;
                {{vector}} lanes = -INFINITY;
                for (int key = 0; key < count; key += {{lanes}}) {
                    const {{vector}} x = vload{{lanes}}(0, s + key);
                    lanes = select(lanes, x, x > lanes);
                }
                const float before = maxima[row];
                float largest;
                {{OpenClText.Largest("largest", "lanes", lanes)}}
                largest *= scale;
                const float after = largest > before ? largest : before;
                maxima[row] = after;
                const float subtracted = after < -FLT_MAX ? 0.0f : after;
                {{vector}} weight, total = 0.0f;
                for (int key = 0; key < count; key += {{lanes}}) {
                    const {{vector}} score = vload{{lanes}}(0, s + key) * scale;
                    {{VectorExponential.OpenCl(lanes, "score - subtracted", "weight")}}
                    vstore{{lanes}}(weight, 0, s + key);
                    total += weight;
                }
                const float factor = exp(before - subtracted);
                factors[row] = factor;
                {{OpenClText.Sum("sums[row]", "total", lanes, "sums[row] * factor")}}
            }
            """);
    }
}
