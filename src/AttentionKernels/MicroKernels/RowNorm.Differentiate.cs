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
    /// <content>The gradient of what was normalised, and of weights and biases.</content>
    internal static partial class RowNorm<TAffine>
    {
        /// <summary>
        /// target[i] = the gradient of row[i], for <paramref name="count"/> ≥ 1 elements. Where each feature has a weight, gradient[i]·x̂
        /// is added to the sums of weights, and gradient[i] to those of biases, if there are some.
        /// </summary>
        /// <param name="row">The row.</param>
        /// <param name="gradient">dy.</param>
        /// <param name="by">How the row is standardised.</param>
        /// <param name="slope">How gradients pass.</param>
        /// <param name="weight">A weight for each feature, if any.</param>
        /// <param name="target">dx.</param>
        /// <param name="sums">Rows of sums, a <see cref="MicroKernels.GradientSums.StrideOf"/> apart: of weights, what their additions have
        /// rounded away, and the same of biases.</param>
        /// <param name="count">Elements.</param>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Differentiate(
            ArrayView<TElement> row, ArrayView<TElement> gradient, Standardization by, NormSlope slope, ArrayView<float> weight,
            ArrayView<TElement> target, ArrayView<float> sums, int count)
        {
            MicroKernel.CheckExtent(row.Length, count);
            MicroKernel.CheckExtent(gradient.Length, count);
            MicroKernel.CheckExtent(target.Length, count);
            if (!HasFeatures)
            {
                DifferentiateCore(ref row[0], ref gradient[0], by, slope, ref target[0], count);
                return;
            }

            MicroKernel.CheckExtent(weight.Length, count);
            MicroKernel.CheckExtent(sums.Length, (long)MicroKernels.GradientSums.StrideOf(count) * (TAffine.HasBias ? 4 : 2));
            DifferentiateWeightedCore(ref row[0], ref gradient[0], by, slope, ref weight[0], ref target[0], ref sums[0], count);
        }

        [IntrinsicImplementation]
        [MethodImpl(InnerLoop.Compilation)]
        private static void DifferentiateCore(
            ref TElement row, ref TElement gradient, Standardization by, NormSlope slope, ref TElement target, int count) =>
            new Differences(ref row, ref gradient, ref Unsafe.NullRef<float>(), ref Unsafe.NullRef<float>(), count)
                .Store(by, slope, ref target, count);

        [IntrinsicImplementation]
        [MethodImpl(InnerLoop.Compilation)]
        private static void DifferentiateWeightedCore(
            ref TElement row, ref TElement gradient, Standardization by, NormSlope slope, ref float weight, ref TElement target,
            ref float sums, int count) =>
            new Differences(ref row, ref gradient, ref weight, ref sums, count).Store(by, slope, ref target, count);

        private static void DifferentiateCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call) =>
            WriteDifferences(generator, call, (gradient, _) => $"{gradient} * slope.Weight", _ => string.Empty);

        private static void DifferentiateWeightedCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call) =>
            WriteDifferences(
                generator, call, MicroKernel.Affine(call).Weigh, lanes => AddToSums(lanes, MicroKernel.Affine(call).HasBias));

        private static void WriteDifferences(
            CLCodeGenerator generator, Value call, Func<string, int, string> weigh, Func<int, string> add)
        {
            int lanes = MicroKernel.Width(call).Lanes;
            ElementText element = MicroKernel.Element(call);
            string Step(int lanes, string store) => $$"""
                {{Operands(call, lanes)}}
                const {{Type(lanes)}} g = {{weigh("given", lanes)}};
                const {{Type(lanes)}} passed = fma(-normalized, ({{Type(lanes)}})slope.Correlation, g - slope.Mean) * slope.Factor;
                {{store}}
                {{add(lanes)}}
                """;
            new OpenClBody(generator, call).Write($$"""
                const int stride = {{MicroKernels.GradientSums.OpenClStride}};
                int i = 0;
                for (; i + {{lanes}} <= count; i += {{lanes}}) {
                    {{Step(lanes, element.Store(lanes, "passed", "target + i"))}}
                }
                for (; i < count; i++) {
                    {{Step(1, element.Store("passed", "i", "target"))}}
                }
                """);
        }

        private static string AddToSums(int lanes, bool hasBias)
        {
            string Add(string term, string row) => $$"""
                {
                    {{Type(lanes)}} sum = {{LoadSums($"{row} * stride")}}, error = {{LoadSums($"({row} + 1) * stride")}};
                    {{TwoSum.OpenCl(Type(lanes), term, "sum", "error")}}
                    {{StoreSums("sum", $"{row} * stride")}}
                    {{StoreSums("error", $"({row} + 1) * stride")}}
                }
                """;
            string LoadSums(string row) => lanes == 1 ? $"sums[i + {row}]" : $"vload{lanes}(0, sums + i + {row})";
            string StoreSums(string vector, string row) =>
                lanes == 1 ? $"sums[i + {row}] = {vector};" : $"vstore{lanes}({vector}, 0, sums + i + {row});";
            return Add("given * normalized", "0") + (hasBias ? Add("given", "2") : string.Empty);
        }

        // Rows that gradients are computed from and added to.
        private readonly ref struct Differences(ref TElement row, ref TElement gradient, ref float weight, ref float sums, int count)
        {
            private readonly ref TElement _row = ref row;
            private readonly ref TElement _gradient = ref gradient;
            private readonly ref float _weight = ref weight;
            private readonly ref float _sums = ref sums;
            private readonly nint _stride = MicroKernels.GradientSums.StrideOf(count);

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public void Store(Standardization by, NormSlope slope, ref TElement target, int count)
            {
                if (TElement.IsSingle)
                    Run(by, slope, ref Unsafe.As<TElement, float>(ref target), 0, count);
                else
                    Runs(by, slope, ref target, count);
            }

            // What is rounded to a smaller format goes through fp32 in the cache, a run at a time. A method of its own: that of fp32 has no
            // buffer.
            [SkipLocalsInit]
            [MethodImpl(InnerLoop.Compilation)]
            private void Runs(Standardization by, NormSlope slope, ref TElement target, int count)
            {
                Span<float> run = stackalloc float[RowStore.Run];
                for (int first = 0; first < count; first += RowStore.Run)
                {
                    int length = Math.Min(RowStore.Run, count - first);
                    Run(by, slope, ref run[0], first, length);
                    Narrow(run[..length], ref Unsafe.Add(ref target, first), streams: false);
                }
            }

            // Not inlined: the loops over vectors would use up what is inlined at all.
            [MethodImpl(InnerLoop.Compilation)]
            private void Run(Standardization by, NormSlope slope, ref float target, int first, int count)
            {
                int feature = HasFeatures ? first : 0;
                ref TElement row = ref Unsafe.Add(ref _row, first);
                ref TElement gradient = ref Unsafe.Add(ref _gradient, first);
                ref float weight = ref Unsafe.Add(ref _weight, feature);
                ref float sums = ref Unsafe.Add(ref _sums, feature);
                nint stride = _stride;
                var standardization = new VectorStandardization(by);
                TVector mean = TVector.Create(slope.Mean), negatedCorrelation = TVector.Create(-slope.Correlation);
                TVector factor = TVector.Create(slope.Factor), shared = TVector.Create(slope.Weight);
                nint index = 0;
                for (; index <= count - TVector.Lanes; index += TVector.Lanes)
                {
                    TVector normalized = standardization.Apply(TElement.Widen<TVector>(ref row, index));
                    TVector given = TElement.Widen<TVector>(ref gradient, index);
                    TVector weighted = given * (HasFeatures ? Weights(ref weight, index) : shared);
                    (TVector.MultiplyAdd(normalized, negatedCorrelation, weighted - mean) * factor).Store(ref target, index);
                    if (HasFeatures)
                        AddTo(ref sums, index, stride, given * normalized);
                    if (HasFeatures && TAffine.HasBias)
                        AddTo(ref Unsafe.Add(ref sums, 2 * stride), index, stride, given);
                }

                for (; index < count; index++)
                {
                    float normalized = by.Apply(TElement.Widen(Unsafe.Add(ref row, index)));
                    float given = TElement.Widen(Unsafe.Add(ref gradient, index));
                    float weighted = given * (HasFeatures ? Weight(ref weight, index) : slope.Weight);
                    Unsafe.Add(ref target, index) = slope.Apply(weighted, normalized);
                    if (HasFeatures)
                        AddTo(ref sums, index, stride, given * normalized);
                    if (HasFeatures && TAffine.HasBias)
                        AddTo(ref Unsafe.Add(ref sums, 2 * stride), index, stride, given);
                }
            }

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            private static void AddTo(ref float sums, nint index, nint stride, TVector terms)
            {
                TVector sum = TVector.Load(ref sums, index), error = TVector.Load(ref sums, index + stride);
                AddExactly(terms, ref sum, ref error);
                sum.Store(ref sums, index);
                error.Store(ref sums, index + stride);
            }

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            private static void AddTo(ref float sums, nint index, nint stride, float term)
            {
                var sum = new DoubleWordSum { High = Unsafe.Add(ref sums, index), Low = Unsafe.Add(ref sums, index + stride) };
                sum.Add(term);
                Unsafe.Add(ref sums, index) = sum.High;
                Unsafe.Add(ref sums, index + stride) = sum.Low;
            }
        }
    }
}
