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
    /// <summary>
    /// (a, b) → (a·cos − b·sin, a·sin + b·cos) for the pairs of some heads, each pair of a head with an angle of its own; elements behind
    /// the pairs stay as they are. The second product of each sum is rounded, and then the whole.
    /// </summary>
    internal static class RotaryRow
    {
        /// <summary>How many bytes ahead a row is prefetched that is too large for the caches. The processor's own prefetch ends with a
        /// page, and waits for the first miss of the next. A quarter faster, on a Xeon (Sapphire Rapids).</summary>
        private const int PrefetchBytes = 2048;

        private static nint PrefetchDistance => PrefetchBytes / Unsafe.SizeOf<TElement>();

        /// <summary>Element i of a head is rotated with element i + pairs, for pairs ≥ 1; target and row may be the same.</summary>
        public static void HalfSplit(ArrayView<TElement> row, RotaryAngles angles, ArrayView<TElement> target, RotaryShape shape)
        {
            Check(row, angles, target, shape);
            HalfSplitCore(ref row[0], ref angles.Cosine[0], ref angles.Sine[0], ref target[0], shape);
        }

        /// <summary>Element 2i is rotated with element 2i + 1, likewise.</summary>
        public static void Interleaved(ArrayView<TElement> row, RotaryAngles angles, ArrayView<TElement> target, RotaryShape shape)
        {
            Check(row, angles, target, shape);
            InterleavedCore(ref row[0], ref angles.Cosine[0], ref angles.Sine[0], ref target[0], shape);
        }

        private static void Check(ArrayView<TElement> row, RotaryAngles angles, ArrayView<TElement> target, RotaryShape shape)
        {
            MicroKernel.CheckExtent(row.Length, ((shape.Heads - 1) * shape.RowStride) + shape.Dimension);
            MicroKernel.CheckExtent(angles.Cosine.Length, shape.Pairs);
            MicroKernel.CheckExtent(angles.Sine.Length, shape.Pairs);
            MicroKernel.CheckExtent(target.Length, ((shape.Heads - 1) * shape.TargetStride) + shape.Dimension);
        }

        [IntrinsicImplementation]
        [MethodImpl(InnerLoop.Compilation)]
        private static void HalfSplitCore(ref TElement row, ref float cosine, ref float sine, ref TElement target, RotaryShape shape)
        {
            int pairs = shape.Pairs;
            for (nint head = 0; head < shape.Heads; head++)
            {
                ref TElement first = ref Unsafe.Add(ref row, head * (nint)shape.RowStride);
                ref TElement second = ref Unsafe.Add(ref first, pairs);
                ref TElement firstTarget = ref Unsafe.Add(ref target, head * (nint)shape.TargetStride);
                ref TElement secondTarget = ref Unsafe.Add(ref firstTarget, pairs);
                bool streams = CanStream(ref firstTarget) && CanStream(ref secondTarget);
                if (TElement.IsSingle)
                {
                    HalfSplitRun(
                        ref first, ref second, ref cosine, ref sine, ref Unsafe.As<TElement, float>(ref firstTarget),
                        ref Unsafe.As<TElement, float>(ref secondTarget), pairs, streams);
                }
                else
                    HalfSplitRuns(ref first, ref cosine, ref sine, ref firstTarget, pairs, streams);

                for (nint element = 2 * pairs; element < shape.Dimension; element++)
                    Unsafe.Add(ref firstTarget, element) = Unsafe.Add(ref first, element);
            }

            RowStore.End(TStore.IsNonTemporal);
        }

        // What is rounded to a smaller format goes through fp32 in the cache, a run at a time. A method of its own: that of fp32 has no
        // buffer.
        [SkipLocalsInit]
        [MethodImpl(InnerLoop.Compilation)]
        private static void HalfSplitRuns(
            ref TElement head, ref float cosine, ref float sine, ref TElement target, int pairs, bool streams)
        {
            Span<float> firstRun = stackalloc float[RowStore.Run];
            Span<float> secondRun = stackalloc float[RowStore.Run];
            for (int start = 0; start < pairs; start += RowStore.Run)
            {
                int length = Math.Min(RowStore.Run, pairs - start);
                HalfSplitRun(
                    ref Unsafe.Add(ref head, start), ref Unsafe.Add(ref head, pairs + start), ref Unsafe.Add(ref cosine, start),
                    ref Unsafe.Add(ref sine, start), ref firstRun[0], ref secondRun[0], length, streams: false);
                Narrow(firstRun[..length], ref Unsafe.Add(ref target, start), streams);
                Narrow(secondRun[..length], ref Unsafe.Add(ref target, pairs + start), streams);
            }
        }

        [MethodImpl(InnerLoop.Compilation)]
        private static void HalfSplitRun(
            ref TElement first, ref TElement second, ref float cosine, ref float sine, ref float firstTarget, ref float secondTarget,
            int pairs, bool streams)
        {
            TVector minus = TVector.Create(-1f);
            nint index = 0;
            for (; index <= pairs - TVector.Lanes; index += TVector.Lanes)
            {
                if (TStore.IsNonTemporal)
                {
                    Prefetch.Line(ref Unsafe.Add(ref first, index + PrefetchDistance));
                    Prefetch.Line(ref Unsafe.Add(ref second, index + PrefetchDistance));
                }

                TVector a = TElement.Widen<TVector>(ref first, index);
                TVector b = TElement.Widen<TVector>(ref second, index);
                TVector cosines = TVector.Load(ref cosine, index);
                TVector sines = TVector.Load(ref sine, index);
                Store(TVector.MultiplyAdd(a, cosines, b * sines * minus), ref firstTarget, index, streams);
                Store(TVector.MultiplyAdd(a, sines, b * cosines), ref secondTarget, index, streams);
            }

            for (; index < pairs; index++)
            {
                Turn(
                    TElement.Widen(Unsafe.Add(ref first, index)), TElement.Widen(Unsafe.Add(ref second, index)),
                    Unsafe.Add(ref cosine, index), Unsafe.Add(ref sine, index),
                    ref Unsafe.Add(ref firstTarget, index), ref Unsafe.Add(ref secondTarget, index));
            }
        }

        private static void HalfSplitCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call)
        {
            int lanes = MicroKernel.Width(call).Lanes;
            string vector = $"float{lanes}";
            ElementText element = MicroKernel.Element(call);
            var body = new OpenClBody(generator, call);
            string space = body.AddressSpace("target");
            body.Write($$"""
                for (int head = 0; head < shape.Heads; head++) {
                    const {{body.Pointer("row")}} r = row + head * shape.RowStride;
                    {{body.Pointer("target")}} t = target + head * shape.TargetStride;
                    {{RowStore.OpenClCanStream(MicroKernel.IsNonTemporal(call), "t", "t + shape.Pairs")}}
                    int i = 0;
                    for (; i + {{lanes}} <= shape.Pairs; i += {{lanes}}) {
                        {{PrefetchOpenCl(call, "r + i")}}
                        {{PrefetchOpenCl(call, "r + shape.Pairs + i")}}
                        const {{vector}} a = {{element.Load(lanes, "r", "i")}}, b = {{element.Load(lanes, "r", "shape.Pairs + i")}};
                        const {{vector}} c = vload{{lanes}}(0, cosine + i), s = vload{{lanes}}(0, sine + i);
                        const {{vector}} bs = b * s, bc = b * c;
                        const {{vector}} x = fma(a, c, -bs), y = fma(a, s, bc);
                        {{RowStore.OpenCl(element, lanes, "x", "t + i", space)}}
                        {{RowStore.OpenCl(element, lanes, "y", "t + shape.Pairs + i", space)}}
                    }
                    for (; i < shape.Pairs; i++) {
                        const float a = {{element.Load("r", "i")}}, b = {{element.Load("r", "shape.Pairs + i")}};
                        const float bs = b * sine[i], bc = b * cosine[i], x = fma(a, cosine[i], -bs), y = fma(a, sine[i], bc);
                        {{element.Store("x", "i", "t")}}
                        {{element.Store("y", "shape.Pairs + i", "t")}}
                    }
                    for (i = 2 * shape.Pairs; i < shape.Dimension; i++) { {{element.Store(element.Load("r", "i"), "i", "t")}} }
                }
                """);
        }

        [IntrinsicImplementation]
        [MethodImpl(InnerLoop.Compilation)]
        private static void InterleavedCore(ref TElement row, ref float cosine, ref float sine, ref TElement target, RotaryShape shape)
        {
            int pairs = shape.Pairs;
            for (nint head = 0; head < shape.Heads; head++)
            {
                ref TElement source = ref Unsafe.Add(ref row, head * (nint)shape.RowStride);
                ref TElement turned = ref Unsafe.Add(ref target, head * (nint)shape.TargetStride);
                bool streams = CanStream(ref turned);
                if (TElement.IsSingle)
                    InterleavedRun(ref source, ref cosine, ref sine, ref Unsafe.As<TElement, float>(ref turned), pairs, streams);
                else
                    InterleavedRuns(ref source, ref cosine, ref sine, ref turned, pairs, streams);
                for (nint element = 2 * pairs; element < shape.Dimension; element++)
                    Unsafe.Add(ref turned, element) = Unsafe.Add(ref source, element);
            }

            RowStore.End(TStore.IsNonTemporal);
        }

        [SkipLocalsInit]
        [MethodImpl(InnerLoop.Compilation)]
        private static void InterleavedRuns(
            ref TElement head, ref float cosine, ref float sine, ref TElement target, int pairs, bool streams)
        {
            Span<float> run = stackalloc float[RowStore.Run];
            for (int start = 0; start < pairs; start += RowStore.Run / 2)
            {
                int length = Math.Min(RowStore.Run / 2, pairs - start);
                InterleavedRun(
                    ref Unsafe.Add(ref head, 2 * start), ref Unsafe.Add(ref cosine, start), ref Unsafe.Add(ref sine, start), ref run[0],
                    length, streams: false);
                Narrow(run[..(2 * length)], ref Unsafe.Add(ref target, 2 * start), streams);
            }
        }

        [MethodImpl(InnerLoop.Compilation)]
        private static void InterleavedRun(
            ref TElement source, ref float cosine, ref float sine, ref float turned, int pairs, bool streams)
        {
            ReadOnlySpan<float> signs = [-1f, 1f, -1f, 1f, -1f, 1f, -1f, 1f, -1f, 1f, -1f, 1f, -1f, 1f, -1f, 1f];
            TVector sign = TVector.Load(ref MemoryMarshal.GetReference(signs), 0);
            nint index = 0;
            for (; index <= pairs - (TVector.Lanes / 2); index += TVector.Lanes / 2)
            {
                if (TStore.IsNonTemporal)
                    Prefetch.Line(ref Unsafe.Add(ref source, (2 * index) + PrefetchDistance));
                TVector elements = TElement.Widen<TVector>(ref source, 2 * index);
                TVector product = TVector.OddTwice(elements) * TVector.LoadPairs(ref sine, ref cosine, index) * sign;
                TVector sum = TVector.MultiplyAdd(TVector.EvenTwice(elements), TVector.LoadPairs(ref cosine, ref sine, index), product);
                Store(sum, ref turned, 2 * index, streams);
            }

            for (; index < pairs; index++)
            {
                Turn(
                    TElement.Widen(Unsafe.Add(ref source, 2 * index)), TElement.Widen(Unsafe.Add(ref source, (2 * index) + 1)),
                    Unsafe.Add(ref cosine, index), Unsafe.Add(ref sine, index),
                    ref Unsafe.Add(ref turned, 2 * index), ref Unsafe.Add(ref turned, (2 * index) + 1));
            }
        }

        private static void InterleavedCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call)
        {
            int lanes = MicroKernel.Width(call).Lanes;
            string half = $"float{lanes / 2}";
            ElementText element = MicroKernel.Element(call);
            var body = new OpenClBody(generator, call);
            body.Write($$"""
                for (int head = 0; head < shape.Heads; head++) {
                    const {{body.Pointer("row")}} r = row + head * shape.RowStride;
                    {{body.Pointer("target")}} t = target + head * shape.TargetStride;
                    {{RowStore.OpenClCanStream(MicroKernel.IsNonTemporal(call), "t")}}
                    int i = 0;
                    for (; i + {{lanes / 2}} <= shape.Pairs; i += {{lanes / 2}}) {
                        {{PrefetchOpenCl(call, "r + 2 * i")}}
                        const float{{lanes}} x = {{element.Load(lanes, "r", "2 * i")}};
                        const {{half}} c = vload{{lanes / 2}}(0, cosine + i), s = vload{{lanes / 2}}(0, sine + i);
                        const {{half}} bs = x.odd * s, bc = x.odd * c;
                        float{{lanes}} y;
                        y.even = fma(x.even, c, -bs);
                        y.odd = fma(x.even, s, bc);
                        {{RowStore.OpenCl(element, lanes, "y", "t + 2 * i", body.AddressSpace("target"))}}
                    }
                    for (; i < shape.Pairs; i++) {
                        const float a = {{element.Load("r", "2 * i")}}, b = {{element.Load("r", "2 * i + 1")}};
                        const float bs = b * sine[i], bc = b * cosine[i], x = fma(a, cosine[i], -bs), y = fma(a, sine[i], bc);
                        {{element.Store("x", "2 * i", "t")}}
                        {{element.Store("y", "2 * i + 1", "t")}}
                    }
                    for (i = 2 * shape.Pairs; i < shape.Dimension; i++) { {{element.Store(element.Load("r", "i"), "i", "t")}} }
                }
                """);
        }

        private static string PrefetchOpenCl(Value call, string pointer) =>
            MicroKernel.IsNonTemporal(call) ? Prefetch.OpenCl($"{pointer} + {PrefetchBytes / MicroKernel.Element(call).UnitBytes}") : "";

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Turn(float a, float b, float cosine, float sine, ref float firstTarget, ref float secondTarget)
        {
            firstTarget = MathF.FusedMultiplyAdd(a, cosine, -(b * sine));
            secondTarget = MathF.FusedMultiplyAdd(a, sine, b * cosine);
        }
    }
}
