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
    /// <content>The sum of planes of consecutive elements in twice the precision of fp32: a <see cref="DoubleWordSum"/> in every lane, and
    /// of the lanes.</content>
    internal static partial class RowMoments
    {
        /// <summary>
        /// Σ input[plane·stride + i]·scale over <paramref name="planes"/> ≥ 1 planes of <paramref name="count"/> ≥ 1 elements; scale is
        /// a power of two.
        /// </summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static DoubleWordSum Sum(ArrayView<TElement> input, long stride, int planes, int count, float scale)
        {
            MicroKernel.CheckExtent(input.Length, ((planes - 1) * stride) + count);
            return SumCore(ref input[0], stride, planes, count, scale);
        }

        [IntrinsicImplementation]
        [MethodImpl(InnerLoop.Compilation)]
        private static DoubleWordSum SumCore(ref TElement input, long stride, int planes, int count, float scale)
        {
            TVector scales = TVector.Create(scale), high = TVector.Create(0f), low = high;
            var sum = default(DoubleWordSum);
            for (nint plane = 0; plane < planes; plane++)
            {
                ref TElement row = ref Unsafe.Add(ref input, plane * (nint)stride);
                nint index = 0;
                while (index <= count - TVector.Lanes)
                {
                    nint end = Math.Min(count - TVector.Lanes, index + ((DoubleWordSum.Chunk - 1) * TVector.Lanes));
                    for (; index <= end; index += TVector.Lanes)
                        AddExactly(TElement.Widen<TVector>(ref row, index) * scales, ref high, ref low);
                    TVector carry = low;
                    low = TVector.Create(0f);
                    AddExactly(carry, ref high, ref low);
                }

                for (; index < count; index++)
                    sum.Add(TElement.Widen(Unsafe.Add(ref row, index)) * scale);
                sum.Carry();
            }

            Span<float> lanes = stackalloc float[TVector.Lanes];
            high.Store(ref MemoryMarshal.GetReference(lanes), 0);
            foreach (float lane in lanes)
                sum.Add(lane);
            sum.Low += TVector.Sum(low);
            return sum;
        }

        // The same order of additions as above.
        private static void SumCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call)
        {
            int lanes = MicroKernel.Width(call).Lanes;
            string vector = $"float{lanes}";
            ElementText element = MicroKernel.Element(call);
            string scaled = $"{element.Load(lanes, "input", "i")} * ({vector})scale";
            new OpenClBody(generator, call).Write($$"""
                {{vector}} high = 0.0f, low = 0.0f;
                float total = 0.0f, error = 0.0f, lanes[{{lanes}}];
                for (int plane = 0; plane < planes; plane++, input += stride) {
                    int i = 0;
                    while (i + {{lanes}} <= count) {
                        const int end = min(count - {{lanes}}, i + {{(DoubleWordSum.Chunk - 1) * lanes}});
                        for (; i <= end; i += {{lanes}}) {{TwoSum.OpenCl(vector, scaled, "high", "low")}}
                        const {{vector}} carry = low;
                        low = 0.0f;
                        {{TwoSum.OpenCl(vector, "carry", "high", "low")}}
                    }
                    for (; i < count; i++) {{TwoSum.OpenCl("float", $"{element.Load("input", "i")} * scale", "total", "error")}}
                    const float carry = error;
                    error = 0.0f;
                    {{TwoSum.OpenCl("float", "carry", "total", "error")}}
                }
                vstore{{lanes}}(high, 0, lanes);
                for (int lane = 0; lane < {{lanes}}; lane++) {{TwoSum.OpenCl("float", "lanes[lane]", "total", "error")}}
                result.{{nameof(DoubleWordSum.High)}} = total;
                {{OpenClText.Sum($"result.{nameof(DoubleWordSum.Low)}", "low", lanes, "error")}}
                """);
        }
    }
}
