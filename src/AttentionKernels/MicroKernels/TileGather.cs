using System.Runtime.CompilerServices;
using AttentionKernels.CodeGeneration;
using AttentionKernels.Formats;
using AttentionKernels.Simd;
using ILGPU;
using ILGPU.Backends.OpenCL;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace AttentionKernels.MicroKernels;

/// <summary>
/// Gathers (and dequantises) scattered rows into a contiguous fp32 tile, so that a GEMM over them reads consecutive memory.
/// </summary>
/// <remarks>
/// Tokens of one head often lie a power of two apart, and would fall into a few sets of the cache, where they push each other out.
/// </remarks>
internal static class TileGather
{
    extension<TFormat>(RowList<TFormat> rows)
        where TFormat : unmanaged, IFormat<TFormat>
    {
        /// <summary>target[row][i] = rows[row][i], dequantised.</summary>
        public void Rows(TileView target)
        {
            rows.Check();
            target.Check(rows.Rows, rows.Length);
            rows.Source[0].RowsCore(ref rows.Offsets[0], ref target.Data[0], target.Stride, rows.Rows, rows.Length);
        }

        /// <summary>
        /// Rows in blocks of <see cref="IVector{TSelf}.BlockRows"/> columns: target[block][row][column of the block], a stride from each
        /// block to the next, the last one filled up with zeros.
        /// </summary>
        /// <returns>0 where every element is finite, otherwise NaN.</returns>
        public float Blocks<TVector>(TileView target)
            where TVector : struct, IVector<TVector>
        {
            rows.Check();
            target.Check(((rows.Length - 1L) / TVector.BlockRows) + 1, (long)rows.Rows * TVector.BlockRows);
            return rows.Source[0].BlocksCore<TFormat, TVector>(
                ref rows.Offsets[0], ref target.Data[0], target.Stride, rows.Rows, rows.Length);
        }
    }

    /// <summary>Rows become columns: target[i][row] = row[i · stride], for rows that lie at the offsets.</summary>
    public static void Columns(ArrayView<float> source, int sourceStride, ArrayView<long> offsets, TileView target, int rows, int columns)
    {
        RowList<StoredFp32>.Check(source.Cast<StoredFp32>(), offsets, rows, ((columns - 1L) * sourceStride) + 1);
        target.Check(columns, rows);
        ColumnsCore(ref source[0], sourceStride, ref offsets[0], ref target.Data[0], target.Stride, rows, columns);
    }

    [IntrinsicImplementation]
    [MethodImpl(InnerLoop.Compilation)]
    private static void ColumnsCore(
        ref float source, int sourceStride, ref long offsets, ref float target, int targetStride, int rows, int count)
    {
        for (nint row = 0; row < rows; row++)
        {
            ref float numbers = ref Unsafe.Add(ref source, (nint)Unsafe.Add(ref offsets, row));
            for (nint index = 0; index < count; index++)
                Unsafe.Add(ref target, (index * targetStride) + row) = Unsafe.Add(ref numbers, index * sourceStride);
        }
    }

    private static void ColumnsCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call) =>
        new OpenClBody(generator, call).Write("""
            for (int row = 0; row < rows; row++)
                for (int i = 0; i < count; i++)
                    target[(long)i * targetStride + row] = source[offsets[row] + (long)i * sourceStride];
            """);

    extension<TFormat>(ref TFormat source)
        where TFormat : unmanaged, IFormat<TFormat>
    {
        [IntrinsicImplementation]
        [MethodImpl(InnerLoop.Compilation)]
        private void RowsCore(ref long offsets, ref float target, int targetStride, int rows, int count)
        {
            for (nint row = 0; row < rows; row++)
            {
                ref TFormat numbers = ref Unsafe.Add(ref source, (nint)Unsafe.Add(ref offsets, row));
                StoredSpan.Widen(ref numbers, ref Unsafe.Add(ref target, targetStride * row), count);
            }
        }

        [IntrinsicImplementation]
        [MethodImpl(InnerLoop.Compilation)]
        private float BlocksCore<TVector>(ref long offsets, ref float target, int blockStride, int rows, int count)
            where TVector : struct, IVector<TVector> => TVector.BlockRows == 8
            ? source.BlocksInPairs(ref offsets, ref target, blockStride, rows, count)
            : source.BlocksOf<TFormat, Fp32x4>(ref offsets, 0, ref target, blockStride, rows, count);

        // Two blocks of 8 columns are one load of 16; what is left of a row is a block and a part of one.
        [MethodImpl(InnerLoop.Compilation)]
        private float BlocksInPairs(ref long offsets, ref float target, nint blockStride, int rows, int count)
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
            return Fp32x16.Sum(products) + (done == count ? 0f : source.BlocksOf<TFormat, Fp32x8>(
                ref offsets, done, ref Unsafe.Add(ref target, 2 * pairs * blockStride), blockStride, rows, count - done));
        }

        // Blocks of the numbers from the first on, which is a multiple of the lanes.
        [MethodImpl(InnerLoop.Compilation)]
        private float BlocksOf<TVector>(ref long offsets, nint first, ref float target, nint blockStride, int rows, int count)
            where TVector : struct, IVector<TVector>
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
                : source.TailBlock(
                    ref offsets, first + (whole * width), ref Unsafe.Add(ref target, whole * blockStride), (int)width, rows, tail));
        }

        // The last block, of fewer columns: apart, since a call within the loops above would keep their vectors out of registers.
        private float TailBlock(ref long offsets, nint first, ref float target, int width, int rows, int count)
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
    }

    private static void RowsCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call)
    {
        const int Lanes = OpenClText.RowLanes;
        ElementText element = MicroKernel.Element(call);
        var body = new OpenClBody(generator, call);
        body.Write($$"""
            for (int row = 0; row < rows; row++) {
                const {{body.Pointer("source")}} s = source + offsets[row];
                {{body.Pointer("target")}} t = target + (long)row * targetStride;
                int i = 0;
                for (; i + {{Lanes}} <= count; i += {{Lanes}}) vstore{{Lanes}}({{element.Load(Lanes, "s", "i")}}, 0, t + i);
                for (; i < count; i++) t[i] = {{element.Load("s", "i")}};
            }
            """);
    }

    private static void BlocksCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call)
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
                        const float value = whole * {{width}} + column < count ? {{element.Load("s", $"whole * {width} + column")}} : 0.0f;
                        tail += value * 0.0f;
                        t[column] = value;
                    }
            }
            {{OpenClText.Sum("result", "products", width, "tail")}}
            """);
    }
}
