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
    /// <summary>Rows that an index each gives to a row of a table.</summary>
    internal static class IndexedRows
    {
        /// <summary>
        /// target[i] += Σ rows[t][i] over the rows t from <paramref name="row"/> on that have its index, in their order, in twice the
        /// precision of fp32 and then rounded once; nothing where a row before has the index. Of <paramref name="rowCount"/> dense rows of
        /// <paramref name="count"/> ≥ 1 elements.
        /// </summary>
        public static void Add(
            ArrayView<TElement> rows, ArrayView<int> indices, int row, int rowCount, ArrayView<TElement> target, int count)
        {
            MicroKernel.CheckExtent(rows.Length, (long)rowCount * count);
            MicroKernel.CheckExtent(indices.Length, rowCount);
            MicroKernel.CheckExtent(rowCount, row + 1);
            MicroKernel.CheckExtent(target.Length, count);
            AddCore(ref rows[0], ref indices[0], row, rowCount, ref target[0], count);
        }

        // Runs of the row, whose sums stay in the first cache.
        [IntrinsicImplementation]
        [SkipLocalsInit]
        [MethodImpl(InnerLoop.Compilation)]
        private static void AddCore(ref TElement rows, ref int indices, int row, int rowCount, ref TElement target, int count)
        {
            ReadOnlySpan<int> all = MemoryMarshal.CreateReadOnlySpan(ref indices, rowCount);
            int index = all[row];
            if (all[..row].Contains(index))
                return;
            Span<float> sums = stackalloc float[RowStore.Run];
            Span<float> errors = stackalloc float[RowStore.Run];
            for (int first = 0; first < count; first += RowStore.Run)
            {
                int length = Math.Min(RowStore.Run, count - first);
                ref TElement run = ref Unsafe.Add(ref target, first);
                StoredSpan.Widen(ref run, ref sums[0], length);
                errors[..length].Clear();
                for (int next = row; next < rowCount; next++)
                {
                    int skipped = all[next..].IndexOf(index);
                    if (skipped < 0)
                        break;
                    next += skipped;
                    AddRow(ref Unsafe.Add(ref rows, ((nint)next * count) + first), ref sums[0], ref errors[0], length);
                }

                for (int element = 0; element < length; element++)
                    sums[element] = CompensatedSum.Join(sums[element], errors[element]);
                TElement.Narrow(sums[..length], MemoryMarshal.CreateSpan(ref run, length));
            }
        }

        [MethodImpl(InnerLoop.Compilation)]
        private static void AddRow(ref TElement row, ref float sums, ref float errors, int count)
        {
            nint index = 0;
            for (; index <= count - TVector.Lanes; index += TVector.Lanes)
            {
                TVector sum = TVector.Load(ref sums, index), error = TVector.Load(ref errors, index);
                AddExactly(TElement.Widen<TVector>(ref row, index), ref sum, ref error);
                sum.Store(ref sums, index);
                error.Store(ref errors, index);
            }

            for (; index < count; index++)
            {
                var sum = new DoubleWordSum { High = Unsafe.Add(ref sums, index), Low = Unsafe.Add(ref errors, index) };
                sum.Add(TElement.Widen(Unsafe.Add(ref row, index)));
                Unsafe.Add(ref sums, index) = sum.High;
                Unsafe.Add(ref errors, index) = sum.Low;
            }
        }

        // The same order of additions as above.
        private static void AddCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call)
        {
            int lanes = MicroKernel.Width(call).Lanes;
            ElementText element = MicroKernel.Element(call);
            var body = new OpenClBody(generator, call);
            body.Write($$"""
                const int index = indices[row];
                int earlier = 0;
                while (earlier < row && indices[earlier] != index) earlier++;
                for (int first = 0; first < count && earlier == row; first += {{RowStore.Run}}) {
                    float sums[{{RowStore.Run}}], errors[{{RowStore.Run}}];
                    const int length = min({{RowStore.Run}}, count - first);
                    for (int i = 0; i < length; i++) {
                        sums[i] = {{element.Load("target", "first + i")}};
                        errors[i] = 0.0f;
                    }
                    for (int later = row; later < rowCount; later++) {
                        if (indices[later] != index) continue;
                        {{body.Pointer("rows")}} x = rows + (long)later * count + first;
                        int i = 0;
                        for (; i + {{lanes}} <= length; i += {{lanes}}) {
                            float{{lanes}} sum = vload{{lanes}}(0, sums + i), error = vload{{lanes}}(0, errors + i);
                            {{TwoSum.OpenCl($"float{lanes}", element.Load(lanes, "x", "i"), "sum", "error")}}
                            vstore{{lanes}}(sum, 0, sums + i);
                            vstore{{lanes}}(error, 0, errors + i);
                        }
                        for (; i < length; i++) {{TwoSum.OpenCl("float", element.Load("x", "i"), "sums[i]", "errors[i]")}}
                    }
                    for (int i = 0; i < length; i++) {
                        const float total = fabs(sums[i]) > FLT_MAX ? sums[i] : sums[i] + errors[i];
                        {{element.Store("total", "first + i", "target")}}
                    }
                }
                """);
        }
    }
}
