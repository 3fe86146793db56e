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
    /// <summary>Packs stored rows into lanes of a panel, a row as a column of [element][lane] in fp32, and unpacks them.</summary>
    internal static class PanelLane
    {
        /// <summary>panel[i][lane] = row[i] for <paramref name="count"/> elements, of a panel from the lane on.</summary>
        public static void Pack(ArrayView<float> lane, ArrayView<TElement> row, int count)
        {
            MicroKernel.CheckExtent(lane.Length, ((count - 1L) * 2 * TVector.Lanes) + 1);
            MicroKernel.CheckExtent(row.Length, count);
            PackCore(ref lane[0], ref row[0], count, 2 * TVector.Lanes);
        }

        /// <summary>row[i] = factor·panel[i][lane] for <paramref name="count"/> elements, of a panel from the lane on.</summary>
        public static void Unpack(ArrayView<float> lane, float factor, ArrayView<TElement> row, int count)
        {
            MicroKernel.CheckExtent(lane.Length, ((count - 1L) * 2 * TVector.Lanes) + 1);
            MicroKernel.CheckExtent(row.Length, count);
            UnpackCore(ref lane[0], factor, ref row[0], count, 2 * TVector.Lanes);
        }

        [IntrinsicImplementation]
        [MethodImpl(InnerLoop.Compilation)]
        private static void PackCore(ref float lane, ref TElement row, int count, int stride)
        {
            Span<float> buffer = stackalloc float[StoredSpan.Buffer];
            for (int first = 0; first < count; first += StoredSpan.Buffer)
            {
                Span<float> part = buffer[..Math.Min(StoredSpan.Buffer, count - first)];
                StoredSpan.Widen(ref Unsafe.Add(ref row, first), ref MemoryMarshal.GetReference(part), part.Length);
                for (int index = 0; index < part.Length; index++)
                    Unsafe.Add(ref lane, (nint)(first + index) * stride) = part[index];
            }
        }

        private static void PackCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call) =>
            new OpenClBody(generator, call).Write($$"""
                for (int i = 0; i < count; i++) lane[i * stride] = {{MicroKernel.Element(call).Load("row", "i")}};
                """);

        [IntrinsicImplementation]
        [MethodImpl(InnerLoop.Compilation)]
        private static void UnpackCore(ref float lane, float factor, ref TElement row, int count, int stride)
        {
            Span<float> buffer = stackalloc float[StoredSpan.Buffer];
            for (int first = 0; first < count; first += StoredSpan.Buffer)
            {
                Span<float> part = buffer[..Math.Min(StoredSpan.Buffer, count - first)];
                for (int index = 0; index < part.Length; index++)
                    part[index] = factor * Unsafe.Add(ref lane, (nint)(first + index) * stride);
                TElement.Narrow(part, MemoryMarshal.CreateSpan(ref Unsafe.Add(ref row, first), part.Length));
            }
        }

        private static void UnpackCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call) =>
            new OpenClBody(generator, call).Write($$"""
                for (int i = 0; i < count; i++) {
                    const float x = factor * lane[i * stride];
                    {{MicroKernel.Element(call).Store("x", "i", "row")}}
                }
                """);
    }
}
