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

internal static partial class RowKernels<TVector, TElement, TStore>
{
    internal static partial class RowNorm<TAffine>
    {
        /// <summary>max |y[i]| over <paramref name="count"/> ≥ 1 elements, with y as <see cref="Normalize"/> has it in fp32; NaN where one
        /// is.</summary>
        public static float Magnitude(
            ArrayView<TElement> row, Standardization by, ArrayView<float> weight, ArrayView<float> bias, int count)
        {
            MicroKernel.CheckExtent(row.Length, count);
            if (!TAffine.HasWeight)
            {
                float none = 0f;
                return MagnitudeCore(ref row[0], by, ref none, ref none, count);
            }

            ArrayView<float> biases = Biases(weight, bias, count);
            return MagnitudeCore(ref row[0], by, ref weight[0], ref biases[0], count);
        }

        private static ArrayView<float> Biases(ArrayView<float> weight, ArrayView<float> bias, int count)
        {
            MicroKernel.CheckExtent(weight.Length, count);
            if (TAffine.HasBias)
                MicroKernel.CheckExtent(bias.Length, count);
            return TAffine.HasBias ? bias : weight;
        }

        // Through fp32 in the cache, a run at a time.
        [SkipLocalsInit]
        [IntrinsicImplementation]
        [MethodImpl(InnerLoop.Compilation)]
        private static float MagnitudeCore(ref TElement row, Standardization by, ref float weight, ref float bias, int count)
        {
            Span<float> run = stackalloc float[RowStore.Run];
            float largest = 0f;
            for (int first = 0; first < count; first += RowStore.Run)
            {
                Span<float> part = run[..Math.Min(RowStore.Run, count - first)];
                NormalizePart(ref row, by, ref weight, ref bias, first, part);
                largest = Math.Max(largest, LargestMagnitude(ref part[0], part.Length));
            }

            return largest;
        }

        // Not by TensorPrimitives: until the runtime has compiled those anew, they are SSE code between AVX.
        [MethodImpl(InnerLoop.Compilation)]
        private static float LargestMagnitude(ref float row, int count)
        {
            TVector magnitude = TVector.CreateBits(int.MaxValue);
            TVector largest = TVector.Create(0f);
            TVector areNumbers = TVector.AtLeast(largest, largest);
            nint index = 0;
            for (; index <= count - TVector.Lanes; index += TVector.Lanes)
            {
                TVector next = TVector.Load(ref row, index) & magnitude;
                areNumbers &= TVector.AtLeast(next, next);
                largest = TVector.Larger(next, largest);
            }

            float result = TVector.Sum(areNumbers & TVector.Create(1f)) == TVector.Lanes ? TVector.Largest(largest) : float.NaN;
            for (; index < count; index++)
                result = Math.Max(result, MathF.Abs(Unsafe.Add(ref row, index)));
            return result;
        }

        [MethodImpl(InnerLoop.Compilation)]
        private static void Divide(ref float row, float divisor, int count)
        {
            TVector divisors = TVector.Create(divisor);
            nint index = 0;
            for (; index <= count - TVector.Lanes; index += TVector.Lanes)
                (TVector.Load(ref row, index) / divisors).Store(ref row, index);
            for (; index < count; index++)
                Unsafe.Add(ref row, index) /= divisor;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void NormalizePart(
            ref TElement row, Standardization by, ref float weight, ref float bias, int first, Span<float> part) =>
            NormalizeRun(
                ref Unsafe.Add(ref row, first), by, ref Unsafe.Add(ref weight, first), ref Unsafe.Add(ref bias, first), ref part[0],
                part.Length, ahead: 0, streams: false);

        private static void MagnitudeCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call)
        {
            int lanes = MicroKernel.Width(call).Lanes;
            ElementText element = MicroKernel.Element(call);
            AffineText affine = MicroKernel.Affine(call);
            new OpenClBody(generator, call).Write($$"""
                uint{{lanes}} largest = 0u;
                uint lanes[{{lanes}}], magnitude = 0u;
                int i = 0;
                for (; i + {{lanes}} <= count; i += {{lanes}}) {
                    {{OpenClVector(element, affine, lanes)}}
                    largest = max(largest, as_uint{{lanes}}(fabs(y)));
                }
                for (; i < count; i++) {
                    {{OpenClNumber(element, affine)}}
                    magnitude = max(magnitude, as_uint(fabs(y)));
                }
                vstore{{lanes}}(largest, 0, lanes);
                for (int lane = 0; lane < {{lanes}}; lane++) magnitude = max(magnitude, lanes[lane]);
                result = as_float(magnitude);
                """);
        }

        /// <summary>Norms whose results are quantised.</summary>
        /// <typeparam name="TNumber">How they are stored.</typeparam>
        internal static class Into<TNumber>
            where TNumber : unmanaged, IWritableFormat<TNumber>
        {
            /// <summary>target[i] = round(y[i] / scale), saturated, for <paramref name="count"/> ≥ 1 elements, likewise.</summary>
            public static void Quantize(
                ArrayView<TElement> row, Standardization by, ArrayView<float> weight, ArrayView<float> bias, float scale,
                ArrayView<TNumber> target, int count)
            {
                MicroKernel.CheckExtent(row.Length, count);
                MicroKernel.CheckExtent(target.Length, count);
                if (!TAffine.HasWeight)
                {
                    float none = 0f;
                    QuantizeCore(ref row[0], by, ref none, ref none, scale, ref target[0], count);
                    return;
                }

                ArrayView<float> biases = Biases(weight, bias, count);
                QuantizeCore(ref row[0], by, ref weight[0], ref biases[0], scale, ref target[0], count);
            }

            [SkipLocalsInit]
            [IntrinsicImplementation]
            [MethodImpl(InnerLoop.Compilation)]
            private static void QuantizeCore(
                ref TElement row, Standardization by, ref float weight, ref float bias, float scale, ref TNumber target, int count)
            {
                Span<float> run = stackalloc float[RowStore.Run];
                for (int first = 0; first < count; first += RowStore.Run)
                {
                    Span<float> part = run[..Math.Min(RowStore.Run, count - first)];
                    NormalizePart(ref row, by, ref weight, ref bias, first, part);
                    Divide(ref part[0], scale, part.Length);
                    TNumber.Narrow(part, MemoryMarshal.CreateSpan(ref Unsafe.Add(ref target, first), part.Length));
                }
            }

            private static void QuantizeCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call)
            {
                int lanes = MicroKernel.Width(call).Lanes;
                (ElementText element, ElementText number) = MicroKernel.Elements(call);
                AffineText affine = MicroKernel.Affine(call);
                new OpenClBody(generator, call).Write($$"""
                    int i = 0;
                    for (; i + {{lanes}} <= count; i += {{lanes}}) {
                        {{OpenClVector(element, affine, lanes)}}
                        {{number.Store(lanes, "y / scale", "target + i")}}
                    }
                    for (; i < count; i++) {
                        {{OpenClNumber(element, affine)}}
                        {{number.Store("y / scale", "i", "target")}}
                    }
                    """);
            }
        }
    }
}
