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
    /// <summary>A row brought to mean 0 and deviation 1, scaled and shifted, and rounded once as it is stored.</summary>
    /// <typeparam name="TAffine">Which weights and biases follow.</typeparam>
    internal static partial class RowNorm<TAffine>
        where TAffine : struct, IAffine
    {
        /// <summary>
        /// target[i] = (row[i] standardised)·weight[i] + bias[i] for <paramref name="count"/> ≥ 1 elements, the last product and sum
        /// rounded once; target and row may be the same. Where all elements share weight and bias, these are the first of their views.
        /// </summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Normalize(
            ArrayView<TElement> row, Standardization by, ArrayView<float> weight, ArrayView<float> bias, ArrayView<TElement> target,
            int count)
        {
            MicroKernel.CheckExtent(row.Length, count);
            MicroKernel.CheckExtent(target.Length, count);
            if (!TAffine.HasWeight)
            {
                StandardizeCore(ref row[0], by, ref target[0], count);
                return;
            }

            int features = TAffine.IsShared ? 1 : count;
            MicroKernel.CheckExtent(weight.Length, features);
            if (TAffine.HasBias)
                MicroKernel.CheckExtent(bias.Length, features);
            ArrayView<float> biases = TAffine.HasBias ? bias : weight;
            NormalizeCore(ref row[0], by, ref weight[0], ref biases[0], ref target[0], count);
        }

        [IntrinsicImplementation]
        [MethodImpl(InnerLoop.Compilation)]
        private static void StandardizeCore(ref TElement row, Standardization by, ref TElement target, int count) =>
            NormalizeRow(ref row, by, ref Unsafe.NullRef<float>(), ref Unsafe.NullRef<float>(), ref target, count);

        [IntrinsicImplementation]
        [MethodImpl(InnerLoop.Compilation)]
        private static void NormalizeCore(
            ref TElement row, Standardization by, ref float weight, ref float bias, ref TElement target, int count) =>
            NormalizeRow(ref row, by, ref weight, ref bias, ref target, count);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void NormalizeRow(
            ref TElement row, Standardization by, ref float weight, ref float bias, ref TElement target, int count)
        {
            bool streams = CanStream(ref target);
            if (TElement.IsSingle)
                NormalizeRun(ref row, by, ref weight, ref bias, ref Unsafe.As<TElement, float>(ref target), count, count, streams);
            else
                NormalizeRuns(ref row, by, ref weight, ref bias, ref target, count, streams);
            RowStore.End(streams);
        }

        // What is rounded to a smaller format goes through fp32 in the cache, a run at a time. A method of its own: that of fp32 has no
        // buffer.
        [SkipLocalsInit]
        [MethodImpl(InnerLoop.Compilation)]
        private static void NormalizeRuns(
            ref TElement row, Standardization by, ref float weight, ref float bias, ref TElement target, int count, bool streams)
        {
            Span<float> run = stackalloc float[RowStore.Run];
            for (int first = 0; first < count; first += RowStore.Run)
            {
                int length = Math.Min(RowStore.Run, count - first);
                int feature = TAffine.IsShared ? 0 : first;
                NormalizeRun(
                    ref Unsafe.Add(ref row, first), by, ref Unsafe.Add(ref weight, feature), ref Unsafe.Add(ref bias, feature),
                    ref run[0], length, count, streams: false);
                Narrow(run[..length], ref Unsafe.Add(ref target, first), streams);
            }
        }

        // Not inlined: the loops over vectors would use up what is inlined at all.
        [MethodImpl(InnerLoop.Compilation)]
        private static void NormalizeRun(
            ref TElement row, Standardization by, ref float weight, ref float bias, ref float target, int count, int ahead, bool streams)
        {
            var standardization = new VectorStandardization(by);
            nint index = 0;
            for (; index <= count - TVector.Lanes; index += TVector.Lanes)
            {
                // The next row, most likely, which its first pass would wait for: reads and writes of memory side by side are faster than
                // in turn.
                if (TStore.IsNonTemporal)
                    Prefetch.Line(ref Unsafe.Add(ref row, index + ahead));
                TVector value = standardization.Apply(TElement.Widen<TVector>(ref row, index));
                if (TAffine.HasBias)
                    value = TVector.MultiplyAdd(value, Weights(ref weight, index), Features(ref bias, index));
                else if (TAffine.HasWeight)
                    value *= Weights(ref weight, index);
                Store(value, ref target, index, streams);
            }

            for (; index < count; index++)
            {
                float value = by.Apply(TElement.Widen(Unsafe.Add(ref row, index)));
                nint feature = TAffine.IsShared ? 0 : index;
                float factor = TAffine.HasWeight ? Unsafe.Add(ref weight, feature) + (TAffine.IsFromOne ? 1f : 0f) : 1f;
                if (TAffine.HasBias)
                    value = MathF.FusedMultiplyAdd(value, factor, Unsafe.Add(ref bias, feature));
                else if (TAffine.HasWeight)
                    value *= factor;
                Unsafe.Add(ref target, index) = value;
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static TVector Weights(ref float weight, nint index)
        {
            TVector weights = Features(ref weight, index);
            return TAffine.IsFromOne ? weights + TVector.Create(1f) : weights;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static TVector Features(ref float features, nint index) =>
            TAffine.IsShared ? TVector.Create(features) : TVector.Load(ref features, index);

        private static void StandardizeCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call) => WriteOpenCl(generator, call);

        private static void NormalizeCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call) => WriteOpenCl(generator, call);

        private static void WriteOpenCl(CLCodeGenerator generator, Value call)
        {
            int lanes = MicroKernel.Width(call).Lanes;
            string vector = $"float{lanes}";
            ElementText element = MicroKernel.Element(call);
            AffineText affine = MicroKernel.Affine(call);
            bool isStreaming = MicroKernel.IsNonTemporal(call);
            var body = new OpenClBody(generator, call);
            body.Write($$"""
                {{RowStore.OpenClCanStream(isStreaming, "target")}}
                int i = 0;
                for (; i + {{lanes}} <= count; i += {{lanes}}) {
                    {{(isStreaming ? Prefetch.OpenCl("row + i + count") : "")}}
                    {{OpenClVector(element, affine, lanes)}}
                    {{RowStore.OpenCl(element, lanes, "y", "target + i", body.AddressSpace("target"))}}
                }
                for (; i < count; i++) {
                    {{OpenClNumber(element, affine)}}
                    {{element.Store("y", "i", "target")}}
                }
                """);
        }

        // Statements that declare y, the values from the i-th on.
        private static string OpenClVector(ElementText element, AffineText affine, int lanes) => $"""
            const float{lanes} d = fma({element.Load(lanes, "row", "i")}, (float{lanes})by.Scale, (float{lanes})-by.Center);
            const float{lanes} x = (d - by.Offset) * by.Inverse;
            const float{lanes} y = {affine.Apply("x", lanes)};
            """;

        // And the i-th alone.
        private static string OpenClNumber(ElementText element, AffineText affine) => $"""
            const float x = (fma({element.Load("row", "i")}, by.Scale, -by.Center) - by.Offset) * by.Inverse;
            const float y = {affine.Apply("x", 1)};
            """;

        // A standardization of vectors.
        [method: MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly struct VectorStandardization(Standardization by)
        {
            private readonly TVector _scale = TVector.Create(by.Scale);
            private readonly TVector _negatedCenter = TVector.Create(-by.Center);
            private readonly TVector _offset = TVector.Create(by.Offset);
            private readonly TVector _inverse = TVector.Create(by.Inverse);

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public TVector Apply(TVector values) => (TVector.MultiplyAdd(values, _scale, _negatedCenter) - _offset) * _inverse;
        }
    }
}
