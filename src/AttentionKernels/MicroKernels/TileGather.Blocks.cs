using System.Runtime.CompilerServices;
using AttentionKernels.CodeGeneration;
using AttentionKernels.Formats;
using AttentionKernels.Simd;
using ILGPU.Backends.OpenCL;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace AttentionKernels.MicroKernels;

internal static partial class TileGather<TFormat>
{
    /// <summary>
    /// Rows in blocks of <see cref="IVector{TSelf}.BlockRows"/> columns: target[block][row][column of the block], a stride from each block
    /// to the next, the last one filled up with zeros.
    /// </summary>
    /// <typeparam name="TVector">The vector of the managed CPU; on OpenCL devices its block counts.</typeparam>
    internal static class BlockGather<TVector>
        where TVector : struct, IVector<TVector>
    {
        /// <summary>Gathers (and dequantises) the rows.</summary>
        /// <returns>0 where every element is finite, otherwise NaN.</returns>
        public static float Gather(RowList<TFormat> rows, TileView target)
        {
            rows.Check();
            target.Check(((rows.Length - 1L) / TVector.BlockRows) + 1, (long)rows.Rows * TVector.BlockRows);
            return GatherCore(
                ref rows.Source[0], ref rows.Offsets[0], ref target.Data[0], target.Stride, rows.Rows, rows.Length);
        }

        [IntrinsicImplementation]
        [MethodImpl(InnerLoop.Compilation)]
        private static float GatherCore(ref TFormat source, ref long offsets, ref float target, int blockStride, int rows, int count) =>
            TVector.BlockRows == 8
                ? InPairs(ref source, ref offsets, ref target, blockStride, rows, count)
                : BlockGather<Fp32x4>.From(ref source, ref offsets, 0, ref target, blockStride, rows, count);

        // Two blocks of 8 columns are one load of 16; what is left of a row is a block and a part of one.
        [MethodImpl(InnerLoop.Compilation)]
        private static float InPairs(ref TFormat source, ref long offsets, ref float target, nint blockStride, int rows, int count)
        {
            nint width = Fp32x8.Lanes;
            nint pairs = count / Fp32x16.Lanes;
            Fp32x16 zero = Fp32x16.Create(0f);
            Fp32x16 products = zero;
            for (nint row = 0; row < rows; row++)
            {
                ref TFormat s = ref Unsafe.Add(ref source, (nint)Unsafe.Add(ref offsets, row));
                ref float t = ref Unsafe.Add(ref target, row * width);
                for (nint pair = 0; pair < pairs; pair++)
                {
                    Fp32x16 values = TFormat.Widen<Fp32x16>(ref s, pair * Fp32x16.Lanes);
                    products = Fp32x16.MultiplyAdd(values, zero, products);
                    values.Lower.Store(ref t, 0);
                    values.Upper.Store(ref t, blockStride);
                    t = ref Unsafe.Add(ref t, 2 * blockStride);
                }
            }

            int done = (int)pairs * Fp32x16.Lanes;
            return Fp32x16.Sum(products) + (done == count ? 0f : BlockGather<Fp32x8>.From(
                ref source, ref offsets, done, ref Unsafe.Add(ref target, 2 * pairs * blockStride), blockStride, rows, count - done));
        }

        // Blocks of the numbers from the first on, which is a multiple of the lanes.
        [MethodImpl(InnerLoop.Compilation)]
        private static float From(
            ref TFormat source, ref long offsets, nint first, ref float target, nint blockStride, int rows, int count)
        {
            nint width = TVector.Lanes;
            nint whole = count / width;
            TVector zero = TVector.Create(0f);
            TVector products = zero;
            for (nint row = 0; row < rows; row++)
            {
                ref TFormat s = ref Unsafe.Add(ref source, (nint)Unsafe.Add(ref offsets, row));
                ref float t = ref Unsafe.Add(ref target, row * width);
                for (nint block = 0; block < whole; block++)
                {
                    TVector values = TFormat.Widen<TVector>(ref s, first + (block * width));
                    products = TVector.MultiplyAdd(values, zero, products);
                    values.Store(ref t, block * blockStride);
                }
            }

            int tail = count - (int)(whole * width);
            return TVector.Sum(products) + (tail == 0 ? 0f
                : TailBlock(
                    ref source, ref offsets, first + (whole * width), ref Unsafe.Add(ref target, whole * blockStride), (int)width, rows,
                    tail));
        }

        // The last block, of fewer columns: apart, since a call within the loops above would keep their vectors out of registers.
        private static float TailBlock(
            ref TFormat source, ref long offsets, nint first, ref float target, int width, int rows, int count)
        {
            float products = 0f;
            for (nint row = 0; row < rows; row++)
            {
                ref TFormat numbers = ref Unsafe.Add(ref source, (nint)Unsafe.Add(ref offsets, row));
                for (nint column = 0; column < width; column++)
                {
                    float value = column < count ? StoredSpan.Number(ref numbers, first + column) : 0f;
                    products += value * 0f;
                    Unsafe.Add(ref target, (row * width) + column) = value;
                }
            }

            return products;
        }

        private static void GatherCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call)
        {
            int width = MicroKernel.Width(call).BlockRows;
            ElementText element = MicroKernel.Element(call);
            var body = new OpenClBody(generator, call);
            body.Write($$"""
                float{{width}} products = 0.0f;
                float tail = 0.0f;
                const int whole = count / {{width}};
                for (int row = 0; row < rows; row++) {
                    const {{body.Pointer("source")}} s = source + offsets[row];
                    {{body.Pointer("target")}} t = target + (long)row * {{width}};
                    for (int block = 0; block < whole; block++, t += blockStride) {
                        const float{{width}} values = {{element.Load(width, "s", $"block * {width}")}};
                        products = fma(values, (float{{width}})0.0f, products);
                        vstore{{width}}(values, 0, t);
                    }
                    if (whole * {{width}} < count)
                        for (int column = 0; column < {{width}}; column++) {
                            const int i = whole * {{width}} + column;
                            const float value = i < count ? {{element.Load("s", "i")}} : 0.0f;
                            tail += value * 0.0f;
                            t[column] = value;
                        }
                }
                {{OpenClText.Sum("result", "products", width, "tail")}}
                """);
        }
    }
}
