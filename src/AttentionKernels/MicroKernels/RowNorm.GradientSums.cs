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
    /// <content>The sums that the gradient of what was normalised is made of.</content>
    internal static partial class RowNorm<TAffine>
    {
        private static bool HasFeatures => TAffine.HasWeight && !TAffine.IsShared;

        /// <summary>Σ g and Σ g·x̂ over <paramref name="count"/> ≥ 1 elements, each rounded once, with x̂ = row[i] standardised and
        /// g = gradient[i], times weight[i] where each feature has one.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static GradientSums GradientSums(
            ArrayView<TElement> row, ArrayView<TElement> gradient, Standardization by, ArrayView<float> weight, int count)
        {
            MicroKernel.CheckExtent(row.Length, count);
            MicroKernel.CheckExtent(gradient.Length, count);
            if (!HasFeatures)
                return SumGradientsCore(ref row[0], ref gradient[0], by, count);
            MicroKernel.CheckExtent(weight.Length, count);
            return SumWeightedCore(ref row[0], ref gradient[0], by, ref weight[0], count);
        }

        [IntrinsicImplementation]
        [MethodImpl(InnerLoop.Compilation)]
        private static GradientSums SumGradientsCore(ref TElement row, ref TElement gradient, Standardization by, int count) =>
            SumRow(ref row, ref gradient, by, ref Unsafe.NullRef<float>(), count);

        [IntrinsicImplementation]
        [MethodImpl(InnerLoop.Compilation)]
        private static GradientSums SumWeightedCore(
            ref TElement row, ref TElement gradient, Standardization by, ref float weight, int count) =>
            SumRow(ref row, ref gradient, by, ref weight, count);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static GradientSums SumRow(ref TElement row, ref TElement gradient, Standardization by, ref float weight, int count)
        {
            var standardization = new VectorStandardization(by);
            TVector zero = TVector.Create(0f), sum = zero, sumError = zero, products = zero, productsError = zero;
            nint index = 0;
            while (index <= count - TVector.Lanes)
            {
                TVector terms = zero, productTerms = zero;
                nint end = Math.Min(count - TVector.Lanes, index + ((ShiftedSums.Chunk - 1) * TVector.Lanes));
                for (; index <= end; index += TVector.Lanes)
                {
                    TVector term = TElement.Widen<TVector>(ref gradient, index);
                    if (HasFeatures)
                        term *= Weights(ref weight, index);
                    terms += term;
                    productTerms = TVector.MultiplyAdd(
                        term, standardization.Apply(TElement.Widen<TVector>(ref row, index)), productTerms);
                }

                AddExactly(terms, ref sum, ref sumError);
                AddExactly(productTerms, ref products, ref productsError);
            }

            float tail = 0f, tailProducts = 0f;
            for (; index < count; index++)
            {
                float term = TElement.Widen(Unsafe.Add(ref gradient, index)) * Weight(ref weight, index);
                tail += term;
                tailProducts = MathF.FusedMultiplyAdd(term, by.Apply(TElement.Widen(Unsafe.Add(ref row, index))), tailProducts);
            }

            return new GradientSums
            {
                Sum = CompensatedSum.Join(TVector.Sum(sum), TVector.Sum(sumError) + tail),
                Products = CompensatedSum.Join(TVector.Sum(products), TVector.Sum(productsError) + tailProducts),
            };
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static float Weight(ref float weight, nint index) =>
            HasFeatures ? Unsafe.Add(ref weight, index) + (TAffine.IsFromOne ? 1f : 0f) : 1f;

        private static void SumGradientsCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call) =>
            WriteSums(generator, call, (gradient, _) => gradient);

        private static void SumWeightedCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call) =>
            WriteSums(generator, call, MicroKernel.Affine(call).Weigh);

        // The same order of additions as above.
        private static void WriteSums(CLCodeGenerator generator, Value call, Func<string, int, string> weigh)
        {
            int lanes = MicroKernel.Width(call).Lanes;
            string vector = $"float{lanes}";
            string Term(int lanes) => Operands(call, lanes) + $"const {Type(lanes)} g = {weigh("given", lanes)};\n";
            new OpenClBody(generator, call).Write($$"""
                {{vector}} sum = 0.0f, sumError = 0.0f, products = 0.0f, productsError = 0.0f;
                int i = 0;
                while (i + {{lanes}} <= count) {
                    {{vector}} terms = 0.0f, productTerms = 0.0f;
                    const int end = min(count - {{lanes}}, i + {{(ShiftedSums.Chunk - 1) * lanes}});
                    for (; i <= end; i += {{lanes}}) {
                        {{Term(lanes)}}
                        terms = terms + g;
                        productTerms = fma(g, normalized, productTerms);
                    }
                    {{TwoSum.OpenCl(vector, "terms", "sum", "sumError")}}
                    {{TwoSum.OpenCl(vector, "productTerms", "products", "productsError")}}
                }
                float tail = 0.0f, tailProducts = 0.0f;
                for (; i < count; i++) {
                    {{Term(1)}}
                    tail = tail + g;
                    tailProducts = fma(g, normalized, tailProducts);
                }
                {{CompensatedSum.OpenClJoin($"result.{nameof(MicroKernels.GradientSums.Sum)}", "sum", lanes, "tail")}}
                {{CompensatedSum.OpenClJoin($"result.{nameof(MicroKernels.GradientSums.Products)}", "products", lanes, "tailProducts")}}
                """);
        }

        // Declares the gradient of what the norm gave, and its normalised value.
        private static string Operands(Value call, int lanes)
        {
            ElementText element = MicroKernel.Element(call);
            string Load(string row) => lanes == 1 ? element.Load(row, "i") : element.Load(lanes, row, "i");
            return $"""
                const {Type(lanes)} given = {Load("gradient")};
                const {Type(lanes)} normalized =
                    (fma({Load("row")}, ({Type(lanes)})by.Scale, ({Type(lanes)})-by.Center) - by.Offset) * by.Inverse;

                """;
        }

        private static string Type(int lanes) => lanes == 1 ? "float" : $"float{lanes}";
    }
}
