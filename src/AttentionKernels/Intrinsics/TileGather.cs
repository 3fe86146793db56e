using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using AttentionKernels.Intrinsics.Simd;
using AttentionKernels.Memory;
using ILGPU;
using ILGPU.Backends.OpenCL;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace AttentionKernels.Intrinsics;

/// <summary>
/// Brings rows that lie strides apart together, as fp32, so that the products over them read consecutive memory.
/// </summary>
/// <remarks>
/// Tokens of one head often lie a power of two apart, and would fall into a few sets of the cache, where they push each other out.
/// </remarks>
internal static class TileGather
{
    /// <summary>target[row][i] = source[row][i] for <paramref name="count"/> elements of each row.</summary>
    public static void Rows<TElement>(
        ArrayView<TElement> source, long sourceOffset, long sourceStride, ArrayView<float> target, long targetOffset, int targetStride, int rows, int count)
        where TElement : unmanaged, IElement<TElement>
    {
        MicroKernel.CheckExtent(source, sourceOffset, ((rows - 1) * sourceStride) + count);
        MicroKernel.CheckExtent(target, targetOffset, ((rows - 1L) * targetStride) + count);
        RowsCore(ref source[sourceOffset], sourceStride, ref target[targetOffset], targetStride, rows, count);
    }

    /// <summary>
    /// Rows in blocks of <see cref="IVectorWidth.BlockRows"/> columns: target[block][row][column of the block], blocks
    /// <paramref name="blockStride"/> elements apart, the last one filled up with zeros.
    /// </summary>
    /// <returns>0 where every element is finite, otherwise NaN.</returns>
    public static float Blocks<TElement, TWidth>(
        ArrayView<TElement> source, long sourceOffset, long sourceStride, ArrayView<float> target, long targetOffset, int blockStride, int rows, int count)
        where TElement : unmanaged, IElement<TElement>
        where TWidth : struct, IVectorWidth
    {
        MicroKernel.CheckExtent(source, sourceOffset, ((rows - 1) * sourceStride) + count);
        MicroKernel.CheckExtent(target, targetOffset, ((count - 1L) / TWidth.BlockRows * blockStride) + ((long)rows * TWidth.BlockRows));
        return BlocksCore<TElement, TWidth>(ref source[sourceOffset], sourceStride, ref target[targetOffset], blockStride, rows, count);
    }

    [IntrinsicImplementation]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RowsCore<TElement>(ref TElement source, long sourceStride, ref float target, int targetStride, int rows, int count)
        where TElement : unmanaged, IElement<TElement>
    {
        for (nint row = 0; row < rows; row++)
            StoredSpan.Widen(ref Unsafe.Add(ref source, (nint)sourceStride * row), ref Unsafe.Add(ref target, targetStride * row), count);
    }

    private static void RowsCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call)
    {
        ElementText element = MicroKernel.Element(call);
        string source = $"const {OpenClText.AddressSpace(call[0])} {element.Target}*";
        string[] operand = OpenClText.Operands(generator, call);
        OpenClText.Statement(generator, $$"""
            for (int row = 0; row < {{operand[4]}}; row++) {
                {{source}} s = ({{source}})({{operand[0]}}) + (long)row * {{operand[1]}};
                {{OpenClText.AddressSpace(call[2])}} float* t = {{operand[2]}} + (long)row * {{operand[3]}};
                int i = 0;
                for (; i + 16 <= {{operand[5]}}; i += 16) vstore16({{element.Load(16, "0", "s + i")}}, 0, t + i);
                for (; i < {{operand[5]}}; i++) t[i] = {{element.Load("i", "s")}};
            }
            """);
    }

    [IntrinsicImplementation]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float BlocksCore<TElement, TWidth>(ref TElement source, long sourceStride, ref float target, int blockStride, int rows, int count)
        where TElement : unmanaged, IElement<TElement>
        where TWidth : struct, IVectorWidth => TWidth.BlockRows == 8
        ? BlocksOf<TElement, Simd256, Vector256<float>>(ref source, (nint)sourceStride, ref target, blockStride, rows, count)
        : BlocksOf<TElement, Simd128, Vector128<float>>(ref source, (nint)sourceStride, ref target, blockStride, rows, count);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float BlocksOf<TElement, TSimd, TVector>(ref TElement source, nint sourceStride, ref float target, nint blockStride, int rows, int count)
        where TElement : unmanaged, IElement<TElement>
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        nint width = TSimd.Lanes;
        nint whole = count / width;
        TVector zero = TSimd.Create(0f);
        TVector products = zero;
        for (nint row = 0; row < rows; row++)
        {
            ref TElement s = ref Unsafe.Add(ref source, row * sourceStride);
            ref float t = ref Unsafe.Add(ref target, row * width);
            for (nint block = 0; block < whole; block++)
            {
                TVector values = TSimd.Widen(ref s, block * width);
                products = TSimd.MultiplyAdd(values, zero, products);
                TSimd.Store(values, ref t, block * blockStride);
            }
        }

        int tail = count - (int)(whole * width);
        return TSimd.Sum(products) + (tail == 0 ? 0f
            : TailBlock(ref Unsafe.Add(ref source, whole * width), sourceStride, ref Unsafe.Add(ref target, whole * blockStride), (int)width, rows, tail));
    }

    // The last block, of fewer columns: apart, since a call within the loops above would keep their vectors out of registers.
    private static float TailBlock<TElement>(ref TElement source, nint sourceStride, ref float target, int width, int rows, int count)
        where TElement : unmanaged, IElement<TElement>
    {
        float products = 0f;
        for (nint row = 0; row < rows; row++)
        {
            for (nint column = 0; column < width; column++)
            {
                float value = column < count ? TElement.Widen(Unsafe.Add(ref source, (row * sourceStride) + column)) : 0f;
                products += value * 0f;
                Unsafe.Add(ref target, (row * width) + column) = value;
            }
        }

        return products;
    }

    private static void BlocksCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call)
    {
        int width = MicroKernel.Width(call).BlockRows;
        ElementText element = MicroKernel.Element(call);
        string source = $"const {OpenClText.AddressSpace(call[0])} {element.Target}*";
        string[] operand = OpenClText.Operands(generator, call);
        var result = generator.Allocate(call);
        generator.Declare(result);
        OpenClText.Statement(generator, $$"""
            {
                float{{width}} products = 0.0f;
                float tail = 0.0f;
                const int whole = {{operand[5]}} / {{width}};
                for (int row = 0; row < {{operand[4]}}; row++) {
                    {{source}} s = ({{source}})({{operand[0]}}) + (long)row * {{operand[1]}};
                    {{OpenClText.AddressSpace(call[2])}} float* t = {{operand[2]}} + (long)row * {{width}};
                    for (int block = 0; block < whole; block++, t += {{operand[3]}}) {
                        const float{{width}} values = {{element.Load(width, "block", "s")}};
                        products = fma(values, (float{{width}})0.0f, products);
                        vstore{{width}}(values, 0, t);
                    }
                    if (whole * {{width}} < {{operand[5]}})
                        for (int column = 0; column < {{width}}; column++) {
                            const float value = whole * {{width}} + column < {{operand[5]}} ? {{element.Load($"whole * {width} + column", "s")}} : 0.0f;
                            tail += value * 0.0f;
                            t[column] = value;
                        }
                }
                {{OpenClText.Sum(result.ToString()!, "products", width, "tail")}}
            }
            """);
    }
}
