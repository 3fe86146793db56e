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
    /// <summary>The sums that mean and variance of a row are made of.</summary>
    internal static partial class RowMoments
    {
        // Four sums side by side: an addition takes some cycles, and each next one need not wait for it. Their order depends on the row's
        // length alone.
        private const int Side = 4;

        /// <summary>Σᵢ d and Σᵢ d² with d = row[i]·scale − center, rounded once, over <paramref name="count"/> ≥ 1
        /// elements.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ShiftedSums Sums(ArrayView<TElement> row, float scale, float center, int count)
        {
            MicroKernel.CheckExtent(row.Length, count);
            return SumsCore(ref row[0], scale, center, count);
        }

        [IntrinsicImplementation]
        [MethodImpl(InnerLoop.Compilation)]
        private static ShiftedSums SumsCore(ref TElement row, float scale, float center, int count)
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

                AddExactly(s0 + s1 + (s2 + s3), ref sum, ref sumError);
                AddExactly(q0 + q1 + (q2 + q3), ref squares, ref squaresError);
            }

            for (; index <= count - TVector.Lanes; index += TVector.Lanes)
                AddShifted(ref row, index, scales, centers, ref sumError, ref squaresError);
            float tail = 0f, tailSquares = 0f;
            for (; index < count; index++)
            {
                float shifted = MathF.FusedMultiplyAdd(TElement.Widen(Unsafe.Add(ref row, index)), scale, -center);
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
            ref TElement row, nint index, TVector scales, TVector centers, ref TVector sum, ref TVector squares)
        {
            TVector shifted = TVector.MultiplyAdd(TElement.Widen<TVector>(ref row, index), scales, centers);
            sum += shifted;
            squares = TVector.MultiplyAdd(shifted, shifted, squares);
        }

        // The same order of additions as above.
        private static void SumsCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call)
        {
            int lanes = MicroKernel.Width(call).Lanes;
            string vector = $"float{lanes}";
            ElementText element = MicroKernel.Element(call);
            string ForEach(Func<int, string> text) => string.Concat(Enumerable.Range(0, Side).Select(text));
            string AddShifted(string x, string sum, string squares, string type) =>
                $"{{ const {type} d = fma({x}, ({type})scale, ({type})-center); {sum} = {sum} + d; {squares} = fma(d, d, {squares}); }}\n";
            string AddSide(int side) =>
                AddShifted(element.Load(lanes, "row", $"i + {side * lanes}"), $"s{side}", $"q{side}", vector);
            string AddCompensated(string letter, string sum) =>
                TwoSum.OpenCl(vector, $"({letter}0 + {letter}1) + ({letter}2 + {letter}3)", sum, $"{sum}Error");
            new OpenClBody(generator, call).Write($$"""
                {{vector}} sum = 0.0f, sumError = 0.0f, squares = 0.0f, squaresError = 0.0f;
                int i = 0;
                while (i + {{Side * lanes}} <= count) {
                    {{ForEach(index => $"{vector} s{index} = 0.0f, q{index} = 0.0f;\n")}}
                    const int end = min(count - {{Side * lanes}}, i + {{(ShiftedSums.Chunk - 1) * Side * lanes}});
                    for (; i <= end; i += {{Side * lanes}}) {
                        {{ForEach(AddSide)}}
                    }
                    {{AddCompensated("s", "sum")}}
                    {{AddCompensated("q", "squares")}}
                }
                for (; i + {{lanes}} <= count; i += {{lanes}}) {
                    {{AddShifted(element.Load(lanes, "row", "i"), "sumError", "squaresError", vector)}}
                }
                float tail = 0.0f, tailSquares = 0.0f;
                for (; i < count; i++) {{AddShifted(element.Load("row", "i"), "tail", "tailSquares", "float")}}
                {{CompensatedSum.OpenClJoin($"result.{nameof(ShiftedSums.Sum)}", "sum", lanes, "tail")}}
                {{CompensatedSum.OpenClJoin($"result.{nameof(ShiftedSums.Squares)}", "squares", lanes, "tailSquares")}}
                """);
        }
    }
}
