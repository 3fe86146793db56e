using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using AttentionKernels.Intrinsics.Simd;
using ILGPU;
using ILGPU.Backends.OpenCL;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace AttentionKernels.Intrinsics;

/// <summary>What normalising a row is made of: its sums, and the row brought to mean 0 and deviation 1, scaled and shifted.</summary>
/// <remarks>Four sums side by side: an addition takes some cycles, and each next one need not wait for it. Their order depends on the row's length alone.</remarks>
internal static class RowNorm
{
    private const int Sums = 4;

    /// <summary>Σᵢ row[i] over <paramref name="count"/> ≥ 1 elements.</summary>
    public static float Sum<TWidth>(ArrayView<float> row, long offset, int count)
        where TWidth : struct, IVectorWidth
    {
        MicroKernel.CheckExtent(row, offset, count);
        return SumCore<TWidth>(ref row[offset], count);
    }

    /// <summary>Σᵢ (row[i] − mean)² over <paramref name="count"/> ≥ 1 elements.</summary>
    public static float SquaredDifferences<TWidth>(ArrayView<float> row, long offset, float mean, int count)
        where TWidth : struct, IVectorWidth
    {
        MicroKernel.CheckExtent(row, offset, count);
        return SquaredDifferencesCore<TWidth>(ref row[offset], mean, count);
    }

    /// <summary>
    /// target[i] = (row[i] − mean)·inverse·weight[i] + bias[i] for <paramref name="count"/> ≥ 1 elements, the last product and sum rounded
    /// once; target and row may be the same.
    /// </summary>
    public static void Normalize<TWidth, TAffine, TStore>(
        ArrayView<float> row, long rowOffset, float mean, float inverse, ArrayView<float> weight, long weightOffset, ArrayView<float> bias, long biasOffset,
        ArrayView<float> target, long targetOffset, int count)
        where TWidth : struct, IVectorWidth
        where TAffine : struct, IAffine
        where TStore : struct, IRowStore
    {
        MicroKernel.CheckExtent(row, rowOffset, count);
        MicroKernel.CheckExtent(weight, weightOffset, TAffine.HasWeight ? count : 1);
        MicroKernel.CheckExtent(bias, biasOffset, TAffine.HasBias ? count : 1);
        MicroKernel.CheckExtent(target, targetOffset, count);
        NormalizeCore<TWidth, TAffine, TStore>(
            ref row[rowOffset], mean, inverse, ref weight[weightOffset], ref bias[biasOffset], ref target[targetOffset], count);
    }

    /// <summary>target[i] = (row[i] − mean)·inverse·weight + bias, likewise, with one weight and bias for all: 1 and 0 where there are none.</summary>
    public static void NormalizePlane<TWidth>(
        ArrayView<float> row, long rowOffset, float mean, float inverse, float weight, float bias, ArrayView<float> target, long targetOffset, int count)
        where TWidth : struct, IVectorWidth
    {
        MicroKernel.CheckExtent(row, rowOffset, count);
        MicroKernel.CheckExtent(target, targetOffset, count);
        NormalizePlaneCore<TWidth>(ref row[rowOffset], mean, inverse, weight, bias, ref target[targetOffset], count);
    }

    [IntrinsicImplementation]
    private static float SumCore<TWidth>(ref float row, int count)
        where TWidth : struct, IVectorWidth =>
        TWidth.Lanes == 16 ? Sum<Simd512, Vector512<float>>(ref row, count)
        : TWidth.Lanes == 8 ? Sum<Simd256, Vector256<float>>(ref row, count)
        : Sum<Simd128, Vector128<float>>(ref row, count);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Sum<TSimd, TVector>(ref float row, nint count)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        TVector s0 = TSimd.Create(0f), s1 = s0, s2 = s0, s3 = s0;
        nint index = 0;
        for (; index <= count - (Sums * TSimd.Lanes); index += Sums * TSimd.Lanes)
        {
            s0 = TSimd.Add(s0, TSimd.Load(ref row, index));
            s1 = TSimd.Add(s1, TSimd.Load(ref row, index + TSimd.Lanes));
            s2 = TSimd.Add(s2, TSimd.Load(ref row, index + (2 * TSimd.Lanes)));
            s3 = TSimd.Add(s3, TSimd.Load(ref row, index + (3 * TSimd.Lanes)));
        }

        float tail = 0f;
        for (; index < count; index++)
            tail += Unsafe.Add(ref row, index);
        return TSimd.Sum(TSimd.Add(TSimd.Add(s0, s1), TSimd.Add(s2, s3))) + tail;
    }

    private static void SumCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call) =>
        SumsOpenCl(generator, call, OpenClText.Operand(generator, call[1]), (sum, x) => $"{sum} = {sum} + {x};");

    [IntrinsicImplementation]
    private static float SquaredDifferencesCore<TWidth>(ref float row, float mean, int count)
        where TWidth : struct, IVectorWidth =>
        TWidth.Lanes == 16 ? SquaredDifferences<Simd512, Vector512<float>>(ref row, mean, count)
        : TWidth.Lanes == 8 ? SquaredDifferences<Simd256, Vector256<float>>(ref row, mean, count)
        : SquaredDifferences<Simd128, Vector128<float>>(ref row, mean, count);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float SquaredDifferences<TSimd, TVector>(ref float row, float mean, nint count)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        TVector means = TSimd.Create(mean);
        TVector s0 = TSimd.Create(0f), s1 = s0, s2 = s0, s3 = s0;
        nint index = 0;
        for (; index <= count - (Sums * TSimd.Lanes); index += Sums * TSimd.Lanes)
        {
            TVector d0 = TSimd.Subtract(TSimd.Load(ref row, index), means);
            TVector d1 = TSimd.Subtract(TSimd.Load(ref row, index + TSimd.Lanes), means);
            TVector d2 = TSimd.Subtract(TSimd.Load(ref row, index + (2 * TSimd.Lanes)), means);
            TVector d3 = TSimd.Subtract(TSimd.Load(ref row, index + (3 * TSimd.Lanes)), means);
            s0 = TSimd.MultiplyAdd(d0, d0, s0);
            s1 = TSimd.MultiplyAdd(d1, d1, s1);
            s2 = TSimd.MultiplyAdd(d2, d2, s2);
            s3 = TSimd.MultiplyAdd(d3, d3, s3);
        }

        float tail = 0f;
        for (; index < count; index++)
        {
            float difference = Unsafe.Add(ref row, index) - mean;
            tail = MathF.FusedMultiplyAdd(difference, difference, tail);
        }

        return TSimd.Sum(TSimd.Add(TSimd.Add(s0, s1), TSimd.Add(s2, s3))) + tail;
    }

    private static void SquaredDifferencesCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call)
    {
        string mean = OpenClText.Operand(generator, call[1]);
        SumsOpenCl(generator, call, OpenClText.Operand(generator, call[2]), (sum, x) => $"{sum} = fma({x} - {mean}, {x} - {mean}, {sum});");
    }

    private static void SumsOpenCl(CLCodeGenerator generator, Value call, string count, Func<string, string, string> add)
    {
        int lanes = MicroKernel.Width(call).Lanes;
        string vector = $"float{lanes}";
        var result = generator.Allocate(call);
        generator.Declare(result);
        string ForEach(Func<int, string> text) => string.Concat(Enumerable.Range(0, Sums).Select(text));
        OpenClText.Statement(generator, $$"""
            {
                const {{OpenClText.AddressSpace(call[0])}} float* r = {{OpenClText.Operand(generator, call[0])}};
                const int count = {{count}};
                {{ForEach(index => $"{vector} s{index} = 0.0f;\n")}}
                float t = 0.0f;
                int i = 0;
                for (; i + {{Sums * lanes}} <= count; i += {{Sums * lanes}}) {
                    {{ForEach(index => $"{{ const {vector} x = vload{lanes}({index}, r + i); {add($"s{index}", "x")} }}\n")}}
                }
                for (; i < count; i++) { const float x = r[i]; {{add("t", "x")}} }
                const {{vector}} s = (s0 + s1) + (s2 + s3);
                {{OpenClText.Sum(result.ToString()!, "s", lanes, "t")}}
            }
            """);
    }

    [IntrinsicImplementation]
    private static void NormalizeCore<TWidth, TAffine, TStore>(
        ref float row, float mean, float inverse, ref float weight, ref float bias, ref float target, int count)
        where TWidth : struct, IVectorWidth
        where TAffine : struct, IAffine
        where TStore : struct, IRowStore
    {
        if (TWidth.Lanes == 16)
            Normalize<Simd512, Vector512<float>, TAffine, TStore>(ref row, mean, inverse, ref weight, ref bias, ref target, count);
        else if (TWidth.Lanes == 8)
            Normalize<Simd256, Vector256<float>, TAffine, TStore>(ref row, mean, inverse, ref weight, ref bias, ref target, count);
        else
            Normalize<Simd128, Vector128<float>, TAffine, TStore>(ref row, mean, inverse, ref weight, ref bias, ref target, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Normalize<TSimd, TVector, TAffine, TStore>(
        ref float row, float mean, float inverse, ref float weight, ref float bias, ref float target, nint count)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TAffine : struct, IAffine
        where TStore : struct, IRowStore
    {
        TVector means = TSimd.Create(mean);
        TVector inverses = TSimd.Create(inverse);
        bool streams = RowStore.CanStream<TStore>(ref target);
        nint index = 0;
        for (; index <= count - TSimd.Lanes; index += TSimd.Lanes)
        {
            // The next row, most likely, which its first pass would wait for: reads and writes of memory side by side are faster than in turn.
            if (TStore.IsStreaming)
                Prefetch.Line(ref Unsafe.Add(ref row, index + count));
            TVector value = TSimd.Multiply(TSimd.Subtract(TSimd.Load(ref row, index), means), inverses);
            if (TAffine.HasBias)
                value = TSimd.MultiplyAdd(value, TSimd.Load(ref weight, index), TSimd.Load(ref bias, index));
            else if (TAffine.HasWeight)
                value = TSimd.Multiply(value, TSimd.Load(ref weight, index));
            RowStore.Store<TSimd, TVector>(value, ref target, index, streams);
        }

        RowStore.End(streams);
        for (; index < count; index++)
        {
            float value = (Unsafe.Add(ref row, index) - mean) * inverse;
            if (TAffine.HasBias)
                value = MathF.FusedMultiplyAdd(value, Unsafe.Add(ref weight, index), Unsafe.Add(ref bias, index));
            else if (TAffine.HasWeight)
                value *= Unsafe.Add(ref weight, index);
            Unsafe.Add(ref target, index) = value;
        }
    }

    private static void NormalizeCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call)
    {
        (bool hasWeight, bool hasBias) = MicroKernel.Affine(call);
        NormalizeOpenCl(
            generator, call, MicroKernel.IsStreaming(call),
            (value, load) => hasBias ? $"fma({value}, {load("w")}, {load("b")})" : hasWeight ? $"{value} * {load("w")}" : value,
            $$"""
            const {{OpenClText.AddressSpace(call[3])}} float* w = {{OpenClText.Operand(generator, call[3])}};
            const {{OpenClText.AddressSpace(call[4])}} float* b = {{OpenClText.Operand(generator, call[4])}};

            """);
    }

    [IntrinsicImplementation]
    private static void NormalizePlaneCore<TWidth>(ref float row, float mean, float inverse, float weight, float bias, ref float target, int count)
        where TWidth : struct, IVectorWidth
    {
        if (TWidth.Lanes == 16)
            NormalizePlane<Simd512, Vector512<float>>(ref row, mean, inverse, weight, bias, ref target, count);
        else if (TWidth.Lanes == 8)
            NormalizePlane<Simd256, Vector256<float>>(ref row, mean, inverse, weight, bias, ref target, count);
        else
            NormalizePlane<Simd128, Vector128<float>>(ref row, mean, inverse, weight, bias, ref target, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void NormalizePlane<TSimd, TVector>(ref float row, float mean, float inverse, float weight, float bias, ref float target, nint count)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        TVector means = TSimd.Create(mean);
        TVector inverses = TSimd.Create(inverse);
        TVector weights = TSimd.Create(weight);
        TVector biases = TSimd.Create(bias);
        nint index = 0;
        for (; index <= count - TSimd.Lanes; index += TSimd.Lanes)
        {
            TVector value = TSimd.Multiply(TSimd.Subtract(TSimd.Load(ref row, index), means), inverses);
            TSimd.Store(TSimd.MultiplyAdd(value, weights, biases), ref target, index);
        }

        for (; index < count; index++)
            Unsafe.Add(ref target, index) = MathF.FusedMultiplyAdd((Unsafe.Add(ref row, index) - mean) * inverse, weight, bias);
    }

    private static void NormalizePlaneCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call) => NormalizeOpenCl(
        generator, call, isStreaming: false,
        (value, _) => $"fma({value}, w, b)",
        $"const float w = {OpenClText.Operand(generator, call[3])}, b = {OpenClText.Operand(generator, call[4])};\n");

    // The operands are row, mean, inverse, weight, bias, target and count.
    private static void NormalizeOpenCl(
        CLCodeGenerator generator, Value call, bool isStreaming,
        Func<string, Func<string, string>, string> affine, string declarations)
    {
        int lanes = MicroKernel.Width(call).Lanes;
        string space = OpenClText.AddressSpace(call[5]);
        OpenClText.Statement(generator, $$"""
            {
                const {{OpenClText.AddressSpace(call[0])}} float* r = {{OpenClText.Operand(generator, call[0])}};
                {{space}} float* t = {{OpenClText.Operand(generator, call[5])}};
                const float mean = {{OpenClText.Operand(generator, call[1])}}, inverse = {{OpenClText.Operand(generator, call[2])}};
                const int count = {{OpenClText.Operand(generator, call[6])}};
                {{declarations}}
                {{RowStore.OpenClCanStream(isStreaming, "t")}}
                int i = 0;
                for (; i + {{lanes}} <= count; i += {{lanes}}) {
                    {{(isStreaming ? Prefetch.OpenCl("r + i + count") : "")}}
                    const float{{lanes}} x = (vload{{lanes}}(0, r + i) - mean) * inverse;
                    const float{{lanes}} y = {{affine("x", pointer => $"vload{lanes}(0, {pointer} + i)")}};
                    {{RowStore.OpenCl(lanes, "y", "t + i", space)}}
                }
                for (; i < count; i++) {
                    const float x = (r[i] - mean) * inverse;
                    t[i] = {{affine("x", pointer => $"{pointer}[i]")}};
                }
            }
            """);
    }
}
