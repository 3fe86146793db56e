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
    /// <summary>A formula over the numbers of two rows, rounded once as it is stored.</summary>
    internal static class RowFormula
    {
        /// <summary>The formula's rows.</summary>
        /// <typeparam name="TFormula">The formula.</typeparam>
        internal static class Of<TFormula>
            where TFormula : struct, IFormula
        {
            /// <summary>target[i] = f(x[i], y[i]) for <paramref name="count"/> ≥ 1 elements; target may be either row, and y any memory
            /// where the formula has one operand.</summary>
            public static void Apply(ArrayView<TElement> x, ArrayView<TElement> y, ArrayView<TElement> target, int count)
            {
                MicroKernel.CheckExtent(x.Length, count);
                MicroKernel.CheckExtent(target.Length, count);

                // What has one operand takes it for both.
                ArrayView<TElement> second = TFormula.HasTwoOperands ? y : x;
                MicroKernel.CheckExtent(second.Length, count);
                ApplyCore<TFormula>(ref x[0], ref second[0], ref target[0], count);
            }

            // What is rounded to a smaller format goes through fp32 in the cache, a run at a time. A method of its own: that of fp32 has no
            // buffer.
            [SkipLocalsInit]
            [MethodImpl(InnerLoop.Compilation)]
            public static void Runs(ref TElement x, ref TElement y, ref TElement target, int count, bool streams)
            {
                Span<float> run = stackalloc float[RowStore.Run];
                for (int first = 0; first < count; first += RowStore.Run)
                {
                    int length = Math.Min(RowStore.Run, count - first);
                    Run(ref Unsafe.Add(ref x, first), ref Unsafe.Add(ref y, first), ref run[0], length, streams: false);
                    Narrow(run[..length], ref Unsafe.Add(ref target, first), streams);
                }
            }

            [MethodImpl(InnerLoop.Compilation)]
            public static void Run(ref TElement x, ref TElement y, ref float target, int count, bool streams)
            {
                nint index = 0;
                for (; index <= count - TVector.Lanes; index += TVector.Lanes)
                {
                    TVector first = TElement.Widen<TVector>(ref x, index);
                    TVector second = TFormula.HasTwoOperands ? TElement.Widen<TVector>(ref y, index) : first;
                    Store(TFormula.Apply(first, second, default), ref target, index, streams);
                }

                for (; index < count; index++)
                {
                    Unsafe.Add(ref target, index) = TFormula.Apply<ScalarNumber>(
                        TElement.Widen(Unsafe.Add(ref x, index)), TElement.Widen(Unsafe.Add(ref y, index)), default).Value;
                }
            }
        }

        [IntrinsicImplementation]
        [MethodImpl(InnerLoop.Compilation)]
        private static void ApplyCore<TFormula>(ref TElement x, ref TElement y, ref TElement target, int count)
            where TFormula : struct, IFormula
        {
            bool streams = CanStream(ref target);
            if (TElement.IsSingle)
                Of<TFormula>.Run(ref x, ref y, ref Unsafe.As<TElement, float>(ref target), count, streams);
            else
                Of<TFormula>.Runs(ref x, ref y, ref target, count, streams);
            RowStore.End(streams);
        }

        private static void ApplyCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call)
        {
            int lanes = MicroKernel.Width(call).Lanes;
            ElementText element = MicroKernel.Element(call);
            FormulaText formula = MicroKernel.Formula(call, "xi", "yi");
            var body = new OpenClBody(generator, call);
            body.Write($$"""
                {{RowStore.OpenClCanStream(MicroKernel.IsNonTemporal(call), "target")}}
                int i = 0;
                for (; i + {{lanes}} <= count; i += {{lanes}}) {
                    const float{{lanes}} xi = {{element.Load(lanes, "x", "i")}}, yi = {{element.Load(lanes, "y", "i")}};
                    float{{lanes}} value;
                    {{formula.Apply(lanes, "value")}}
                    {{RowStore.OpenCl(element, lanes, "value", "target + i", body.AddressSpace("target"))}}
                }
                for (; i < count; i++) {
                    const float xi = {{element.Load("x", "i")}}, yi = {{element.Load("y", "i")}};
                    float value;
                    {{formula.Apply(1, "value")}}
                    {{element.Store("value", "i", "target")}}
                }
                """);
        }
    }
}
