using System.Runtime.CompilerServices;
using AttentionKernels.CodeGeneration;
using AttentionKernels.Simd;
using ILGPU;
using ILGPU.Backends.OpenCL;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace AttentionKernels.MicroKernels;

/// <summary>What normalising a row is made of: the sums behind mean and variance, and the row brought to mean 0 and deviation 1, scaled and
/// shifted.</summary>
/// <remarks>Four sums side by side: an addition takes some cycles, and each next one need not wait for it. Their order depends on the row's
/// length alone.</remarks>
/// <typeparam name="TVector">The vector of the managed CPU; on OpenCL devices its lanes count.</typeparam>
internal static class RowNorm<TVector>
    where TVector : struct, IVector<TVector>
{
    private const int Side = 4;

    /// <summary>Σᵢ d and Σᵢ d² with d = row[i]·scale − center, rounded once, over <paramref name="count"/> ≥ 1 elements.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ShiftedSums Sums(ArrayView<float> row, float scale, float center, int count)
    {
        MicroKernel.CheckExtent(row.Length, count);
        return SumsCore(ref row[0], scale, center, count);
    }

    /// <summary>
    /// target[i] = (row[i] standardised)·weight[i] + bias[i] for <paramref name="count"/> ≥ 1 elements, the last product and sum rounded
    /// once; target and row may be the same.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Normalize<TAffine, TStore>(
        ArrayView<float> row, Standardization by, ArrayView<float> weight, ArrayView<float> bias, ArrayView<float> target, int count)
        where TAffine : struct, IAffine
        where TStore : struct, IStorePolicy
    {
        MicroKernel.CheckExtent(row.Length, count);
        MicroKernel.CheckExtent(weight.Length, TAffine.HasWeight ? count : 1);
        MicroKernel.CheckExtent(bias.Length, TAffine.HasBias ? count : 1);
        MicroKernel.CheckExtent(target.Length, count);
        NormalizeCore<TAffine, TStore>(ref row[0], by, ref weight[0], ref bias[0], ref target[0], count);
    }

    /// <summary>target[i] = (row[i] standardised)·weight + bias, likewise, with one weight and bias for all: 1 and 0 where there are
    /// none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void NormalizePlane(
        ArrayView<float> row, Standardization by, float weight, float bias, ArrayView<float> target, int count)
    {
        MicroKernel.CheckExtent(row.Length, count);
        MicroKernel.CheckExtent(target.Length, count);
        NormalizePlaneCore(ref row[0], by, weight, bias, ref target[0], count);
    }

    [IntrinsicImplementation]
    [MethodImpl(InnerLoop.Compilation)]
    private static ShiftedSums SumsCore(ref float row, float scale, float center, int count)
    {
        TVector scales = TVector.Create(scale), centers = TVector.Create(-center), zero = TVector.Create(0f);
        TVector sum = zero, sumError = zero, squares = zero, squaresError = zero;
        nint step = Side * TVector.Lanes;
        nint index = 0;
        while (index <= count - step)
        {
            TVector s0 = zero, s1 = zero, s2 = zero, s3 = zero, q0 = zero, q1 = zero, q2 = zero, q3 = zero;
            for (nint end = Math.Min(count - step, index + ((ShiftedSums.Chunk - 1) * step)); index <= end; index += step)
            {
                AddShifted(ref row, index, scales, centers, ref s0, ref q0);
                AddShifted(ref row, index + TVector.Lanes, scales, centers, ref s1, ref q1);
                AddShifted(ref row, index + (2 * TVector.Lanes), scales, centers, ref s2, ref q2);
                AddShifted(ref row, index + (3 * TVector.Lanes), scales, centers, ref s3, ref q3);
            }

            TwoSum.Add(s0 + s1 + (s2 + s3), ref sum, ref sumError);
            TwoSum.Add(q0 + q1 + (q2 + q3), ref squares, ref squaresError);
        }

        for (; index <= count - TVector.Lanes; index += TVector.Lanes)
            AddShifted(ref row, index, scales, centers, ref sumError, ref squaresError);
        float tail = 0f, tailSquares = 0f;
        for (; index < count; index++)
        {
            float shifted = MathF.FusedMultiplyAdd(Unsafe.Add(ref row, index), scale, -center);
            tail += shifted;
            tailSquares = MathF.FusedMultiplyAdd(shifted, shifted, tailSquares);
        }

        return new ShiftedSums
        {
            Sum = CompensatedSum.Join(TVector.Sum(sum), TVector.Sum(sumError) + tail),
            Squares = CompensatedSum.Join(TVector.Sum(squares), TVector.Sum(squaresError) + tailSquares),
        };
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddShifted(
        ref float row, nint index, TVector scales, TVector centers, ref TVector sum, ref TVector squares)
    {
        TVector shifted = TVector.MultiplyAdd(TVector.Load(ref row, index), scales, centers);
        sum += shifted;
        squares = TVector.MultiplyAdd(shifted, shifted, squares);
    }

    // The same order of additions as above.
    private static void SumsCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call)
    {
        int lanes = MicroKernel.Width(call).Lanes;
        string vector = $"float{lanes}";
        string ForEach(Func<int, string> text) => string.Concat(Enumerable.Range(0, Side).Select(text));
        string AddShifted(string x, string sum, string squares, string type) =>
            $"{{ const {type} d = fma({x}, ({type})scale, ({type})-center); {sum} = {sum} + d; {squares} = fma(d, d, {squares}); }}\n";
        string AddCompensated(string letter, string sum) =>
            TwoSum.OpenCl(vector, $"({letter}0 + {letter}1) + ({letter}2 + {letter}3)", sum, $"{sum}Error");
        string Join(string target, string sum, string tail) => $$"""
            {
                float total, error;
                {{OpenClText.Sum("total", sum, lanes, "0.0f")}}
                {{OpenClText.Sum("error", $"{sum}Error", lanes, tail)}}
                {{target}} = fabs(total) > FLT_MAX ? total : total + error;
            }
            """;
        new OpenClBody(generator, call).Write($$"""
            {{vector}} sum = 0.0f, sumError = 0.0f, squares = 0.0f, squaresError = 0.0f;
            int i = 0;
            while (i + {{Side * lanes}} <= count) {
                {{ForEach(index => $"{vector} s{index} = 0.0f, q{index} = 0.0f;\n")}}
                const int end = min(count - {{Side * lanes}}, i + {{(ShiftedSums.Chunk - 1) * Side * lanes}});
                for (; i <= end; i += {{Side * lanes}}) {
                    {{ForEach(index => AddShifted($"vload{lanes}({index}, row + i)", $"s{index}", $"q{index}", vector))}}
                }
                {{AddCompensated("s", "sum")}}
                {{AddCompensated("q", "squares")}}
            }
            for (; i + {{lanes}} <= count; i += {{lanes}}) {{AddShifted($"vload{lanes}(0, row + i)", "sumError", "squaresError", vector)}}
            float tail = 0.0f, tailSquares = 0.0f;
            for (; i < count; i++) {{AddShifted("row[i]", "tail", "tailSquares", "float")}}
            {{Join($"result.{nameof(ShiftedSums.Sum)}", "sum", "tail")}}
            {{Join($"result.{nameof(ShiftedSums.Squares)}", "squares", "tailSquares")}}
            """);
    }

    [IntrinsicImplementation]
    [MethodImpl(InnerLoop.Compilation)]
    private static void NormalizeCore<TAffine, TStore>(
        ref float row, Standardization by, ref float weight, ref float bias, ref float target, int count)
        where TAffine : struct, IAffine
        where TStore : struct, IStorePolicy
    {
        var standardization = new VectorStandardization<TVector>(by);
        bool streams = RowStore.CanStream<TStore>(ref target);
        nint index = 0;
        for (; index <= count - TVector.Lanes; index += TVector.Lanes)
        {
            // The next row, most likely, which its first pass would wait for: reads and writes of memory side by side are faster than in
            // turn.
            if (TStore.IsNonTemporal)
                Prefetch.Line(ref Unsafe.Add(ref row, index + count));
            TVector value = standardization.Apply(TVector.Load(ref row, index));
            if (TAffine.HasBias)
                value = TVector.MultiplyAdd(value, TVector.Load(ref weight, index), TVector.Load(ref bias, index));
            else if (TAffine.HasWeight)
                value *= TVector.Load(ref weight, index);
            RowStore.Store(value, ref target, index, streams);
        }

        RowStore.End(streams);
        for (; index < count; index++)
        {
            float value = by.Apply(Unsafe.Add(ref row, index));
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
        WriteNormalizeOpenCl(generator, call, MicroKernel.IsNonTemporal(call), (value, load) =>
            hasBias ? $"fma({value}, {load("weight")}, {load("bias")})" : hasWeight ? $"{value} * {load("weight")}" : value);
    }

    [IntrinsicImplementation]
    [MethodImpl(InnerLoop.Compilation)]
    private static void NormalizePlaneCore(
        ref float row, Standardization by, float weight, float bias, ref float target, int count)
    {
        var standardization = new VectorStandardization<TVector>(by);
        TVector weights = TVector.Create(weight);
        TVector biases = TVector.Create(bias);
        nint index = 0;
        for (; index <= count - TVector.Lanes; index += TVector.Lanes)
        {
            TVector value = standardization.Apply(TVector.Load(ref row, index));
            TVector.MultiplyAdd(value, weights, biases).Store(ref target, index);
        }

        for (; index < count; index++)
            Unsafe.Add(ref target, index) = MathF.FusedMultiplyAdd(by.Apply(Unsafe.Add(ref row, index)), weight, bias);
    }

    private static void NormalizePlaneCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call) =>
        WriteNormalizeOpenCl(generator, call, isStreaming: false, (value, _) => $"fma({value}, weight, bias)");

    // What both have in common; the formula is given the standardised value, and how to load from a row as wide as it.
    private static void WriteNormalizeOpenCl(
        CLCodeGenerator generator, Value call, bool isStreaming, Func<string, Func<string, string>, string> affine)
    {
        int lanes = MicroKernel.Width(call).Lanes;
        string vector = $"float{lanes}";
        var body = new OpenClBody(generator, call);
        body.Write($$"""
            {{RowStore.OpenClCanStream(isStreaming, "target")}}
            int i = 0;
            for (; i + {{lanes}} <= count; i += {{lanes}}) {
                {{(isStreaming ? Prefetch.OpenCl("row + i + count") : "")}}
                const {{vector}} d = fma(vload{{lanes}}(0, row + i), ({{vector}})by.Scale, ({{vector}})-by.Center);
                const {{vector}} x = (d - by.Offset) * by.Inverse;
                const {{vector}} y = {{affine("x", pointer => $"vload{lanes}(0, {pointer} + i)")}};
                {{RowStore.OpenCl(lanes, "y", "target + i", body.AddressSpace("target"))}}
            }
            for (; i < count; i++) {
                const float x = (fma(row[i], by.Scale, -by.Center) - by.Offset) * by.Inverse;
                target[i] = {{affine("x", pointer => $"{pointer}[i]")}};
            }
            """);
    }
}
