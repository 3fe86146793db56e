using System.Runtime.CompilerServices;
using AttentionKernels.CodeGeneration;
using AttentionKernels.Formats;
using AttentionKernels.Simd;
using ILGPU;
using ILGPU.Backends.OpenCL;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace AttentionKernels.MicroKernels;

internal static partial class RowKernels<TVector, TElement, TStore>
{
    /// <summary>The softmax of a stored row in two passes: its largest number and the sum of its exponentials, then each of them divided by
    /// it.</summary>
    /// <remarks>Milakov and Gimelshein, "Online normalizer calculation for softmax", 2018, a chunk at a time, which the first cache holds
    /// for the second look. The chunks' sums are added with compensation: a long row's sum is as good as a short one's.</remarks>
    internal static class RowExponentials
    {
        // Sums side by side, as of RowMoments.
        private const int Side = 4;

        /// <summary>m = maxᵢ row[i] and Σᵢ e^(row[i] − m) over <paramref name="count"/> ≥ 1 elements.</summary>
        public static ExponentialSum Sum(ArrayView<TElement> row, int count)
        {
            MicroKernel.CheckExtent(row.Length, count);
            return SumCore(ref row[0], count);
        }

        /// <summary>target[i] = e^(row[i] − subtrahend)·factor, rounded once as it is stored, for <paramref name="count"/> ≥ 1 elements,
        /// none of them larger than the subtrahend; target may be the row.</summary>
        public static void Normalize(ArrayView<TElement> row, float subtrahend, float factor, ArrayView<TElement> target, int count)
        {
            MicroKernel.CheckExtent(row.Length, count);
            MicroKernel.CheckExtent(target.Length, count);
            NormalizeCore(ref row[0], subtrahend, factor, ref target[0], count);
        }

        [IntrinsicImplementation]
        [MethodImpl(InnerLoop.Compilation)]
        private static ExponentialSum SumCore(ref TElement row, int count)
        {
            TVector sum = TVector.Create(0f), error = sum;
            float maximum = float.NegativeInfinity;
            nint step = Side * TVector.Lanes, index = 0, whole = count - (count % step);
            while (index < whole)
            {
                nint end = Math.Min(whole, index + (ShiftedSums.Chunk * step));
                Raise(Largest(ref row, index, end), ref maximum, ref sum, ref error);
                AddExactly(Exponentials(ref row, index, end, ExponentialSum.SubtrahendOf(maximum)), ref sum, ref error);
                index = end;
            }

            // What fills no step.
            float last = float.NegativeInfinity;
            for (nint element = index; element < count; element++)
            {
                float x = TElement.Widen(Unsafe.Add(ref row, element));
                last = x > last ? x : last;
            }

            Raise(last, ref maximum, ref sum, ref error);
            float subtrahend = ExponentialSum.SubtrahendOf(maximum);
            TVector subtrahends = TVector.Create(subtrahend);
            for (; index <= count - TVector.Lanes; index += TVector.Lanes)
                error += Exponential(ref row, index, subtrahends);
            float tail = 0f;
            for (; index < count; index++)
                tail += Exponential(Unsafe.Add(ref row, index), subtrahend);
            return new ExponentialSum { Maximum = maximum, Sum = TVector.Sum(sum) + (TVector.Sum(error) + tail) };
        }

        // Sums relative to a smaller maximum become those relative to a larger one.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Raise(float largest, ref float maximum, ref TVector sum, ref TVector error)
        {
            float after = largest > maximum ? largest : maximum;
            TVector factor = TVector.Create(MathF.Exp(maximum - ExponentialSum.SubtrahendOf(after)));
            sum *= factor;
            error *= factor;
            maximum = after;
        }

        // Of whole steps. Two maxima side by side, which need not wait for each other.
        [MethodImpl(InnerLoop.Compilation)]
        private static float Largest(ref TElement row, nint first, nint end)
        {
            TVector even = TVector.Create(float.NegativeInfinity), odd = even;
            for (nint index = first; index < end; index += 2 * TVector.Lanes)
            {
                even = TVector.Larger(TElement.Widen<TVector>(ref row, index), even);
                odd = TVector.Larger(TElement.Widen<TVector>(ref row, index + TVector.Lanes), odd);
            }

            return TVector.Largest(TVector.Larger(odd, even));
        }

        // Of whole steps.
        [MethodImpl(InnerLoop.Compilation)]
        private static TVector Exponentials(ref TElement row, nint first, nint end, float subtrahend)
        {
            TVector subtrahends = TVector.Create(subtrahend);
            TVector s0 = TVector.Create(0f), s1 = s0, s2 = s0, s3 = s0;
            for (nint index = first; index < end; index += Side * TVector.Lanes)
            {
                s0 += Exponential(ref row, index, subtrahends);
                s1 += Exponential(ref row, index + TVector.Lanes, subtrahends);
                s2 += Exponential(ref row, index + (2 * TVector.Lanes), subtrahends);
                s3 += Exponential(ref row, index + (3 * TVector.Lanes), subtrahends);
            }

            return s0 + s1 + (s2 + s3);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static TVector Exponential(ref TElement row, nint index, TVector subtrahends) =>
            VectorExponential.Exp(TElement.Widen<TVector>(ref row, index) - subtrahends);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static float Exponential(TElement element, float subtrahend) =>
            VectorExponential.Exp<ScalarNumber>(TElement.Widen(element) - subtrahend).Value;

        [IntrinsicImplementation]
        [MethodImpl(InnerLoop.Compilation)]
        private static void NormalizeCore(ref TElement row, float subtrahend, float factor, ref TElement target, int count)
        {
            bool streams = CanStream(ref target);
            if (TElement.IsSingle)
                Run(ref row, subtrahend, factor, ref Unsafe.As<TElement, float>(ref target), count, streams);
            else
                Runs(ref row, subtrahend, factor, ref target, count, streams);
            RowStore.End(streams);
        }

        // What is rounded to a smaller format goes through fp32 in the cache, a run at a time. A method of its own: that of fp32 has no
        // buffer.
        [SkipLocalsInit]
        [MethodImpl(InnerLoop.Compilation)]
        private static void Runs(ref TElement row, float subtrahend, float factor, ref TElement target, int count, bool streams)
        {
            Span<float> run = stackalloc float[RowStore.Run];
            for (int first = 0; first < count; first += RowStore.Run)
            {
                int length = Math.Min(RowStore.Run, count - first);
                Run(ref Unsafe.Add(ref row, first), subtrahend, factor, ref run[0], length, streams: false);
                Narrow(run[..length], ref Unsafe.Add(ref target, first), streams);
            }
        }

        [MethodImpl(InnerLoop.Compilation)]
        private static void Run(ref TElement row, float subtrahend, float factor, ref float target, int count, bool streams)
        {
            TVector subtrahends = TVector.Create(subtrahend), factors = TVector.Create(factor);
            nint index = 0;
            for (; index <= count - TVector.Lanes; index += TVector.Lanes)
                Store(Exponential(ref row, index, subtrahends) * factors, ref target, index, streams);
            for (; index < count; index++)
                Unsafe.Add(ref target, index) = Exponential(Unsafe.Add(ref row, index), subtrahend) * factor;
        }

        // The same order of additions as above.
        private static void SumCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call)
        {
            int lanes = MicroKernel.Width(call).Lanes;
            int step = Side * lanes;
            string vector = $"float{lanes}";
            ElementText element = MicroKernel.Element(call);
            string ForEach(Func<int, string> text) => string.Concat(Enumerable.Range(0, Side).Select(text));
            string Larger(int side) =>
                $"{{ const {vector} x = {element.Load(lanes, "row", $"j + {side * lanes}")}; lanes = select(lanes, x, x > lanes); }}\n";
            string Add(int side) => $$"""
                {
                    const {{vector}} d = {{element.Load(lanes, "row", $"i + {side * lanes}")}} - subtrahend;
                    {{vector}} y;
                    {{VectorExponential.OpenCl(lanes, "d", "y")}}
                    s{{side}} = s{{side}} + y;
                }

                """;
            string raise = """
                const float after = largest > maximum ? largest : maximum;
                const float subtrahend = after < -FLT_MAX ? 0.0f : after;
                const float factor = exp(maximum - subtrahend);
                sum *= factor;
                error *= factor;
                maximum = after;
                """;
            new OpenClBody(generator, call).Write($$"""
                {{vector}} sum = 0.0f, error = 0.0f;
                float maximum = -INFINITY;
                const int whole = count - count % {{step}};
                int i = 0;
                while (i < whole) {
                    const int end = i + min(whole - i, {{ShiftedSums.Chunk * step}});
                    {{vector}} lanes = -INFINITY;
                    for (int j = i; j < end; j += {{step}}) {
                        {{ForEach(Larger)}}
                    }
                    float largest;
                    {{OpenClText.Largest("largest", "lanes", lanes)}}
                    {{raise}}
                    {{ForEach(index => $"{vector} s{index} = 0.0f;\n")}}
                    for (; i < end; i += {{step}}) {
                        {{ForEach(Add)}}
                    }
                    {{TwoSum.OpenCl(vector, "(s0 + s1) + (s2 + s3)", "sum", "error")}}
                }
                float largest = -INFINITY;
                for (int j = i; j < count; j++) {
                    const float x = {{element.Load("row", "j")}};
                    largest = x > largest ? x : largest;
                }
                {{raise}}
                for (; i + {{lanes}} <= count; i += {{lanes}}) {
                    const {{vector}} d = {{element.Load(lanes, "row", "i")}} - subtrahend;
                    {{vector}} y;
                    {{VectorExponential.OpenCl(lanes, "d", "y")}}
                    error = error + y;
                }
                float tail = 0.0f;
                for (; i < count; i++) {
                    const float d = {{element.Load("row", "i")}} - subtrahend;
                    float y;
                    {{VectorExponential.OpenCl(1, "d", "y")}}
                    tail = tail + y;
                }
                float total, rest;
                {{OpenClText.Sum("rest", "error", lanes, "tail")}}
                {{OpenClText.Sum("total", "sum", lanes, "rest")}}
                result.{{nameof(ExponentialSum.Maximum)}} = maximum;
                result.{{nameof(ExponentialSum.Sum)}} = total;
                """);
        }

        private static void NormalizeCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call)
        {
            int lanes = MicroKernel.Width(call).Lanes;
            ElementText element = MicroKernel.Element(call);
            var body = new OpenClBody(generator, call);
            body.Write($$"""
                {{RowStore.OpenClCanStream(MicroKernel.IsNonTemporal(call), "target")}}
                int i = 0;
                for (; i + {{lanes}} <= count; i += {{lanes}}) {
                    const float{{lanes}} d = {{element.Load(lanes, "row", "i")}} - subtrahend;
                    float{{lanes}} y;
                    {{VectorExponential.OpenCl(lanes, "d", "y")}}
                    y = y * factor;
                    {{RowStore.OpenCl(element, lanes, "y", "target + i", body.AddressSpace("target"))}}
                }
                for (; i < count; i++) {
                    const float d = {{element.Load("row", "i")}} - subtrahend;
                    float y;
                    {{VectorExponential.OpenCl(1, "d", "y")}}
                    y = y * factor;
                    {{element.Store("y", "i", "target")}}
                }
                """);
        }
    }
}
