using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using AttentionKernels.CodeGeneration;
using AttentionKernels.Simd;
using ILGPU;
using ILGPU.Backends.OpenCL;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace AttentionKernels.MicroKernels;

/// <summary>
/// (a, b) → (a·cos − b·sin, a·sin + b·cos) for the pairs of some heads, each pair of a head with an angle of its own; elements behind the
/// pairs stay as they are. The second product of each sum is rounded, and then the whole.
/// </summary>
/// <typeparam name="TVector">The vector of the managed CPU; on OpenCL devices its lanes count.</typeparam>
/// <typeparam name="TStore">How the result is stored.</typeparam>
internal static class RotaryRow<TVector, TStore>
    where TVector : struct, IVector<TVector>
    where TStore : struct, IStorePolicy
{
    /// <summary>How many elements ahead, 2 KiB, a row is prefetched that is too large for the caches. The processor's own prefetch ends
    /// with a page, and waits for the first miss of the next. A quarter faster, on a Xeon (Sapphire Rapids).</summary>
    private const int PrefetchDistance = 512;

    /// <summary>Element i of a head is rotated with element i + pairs, for pairs ≥ 1; target and row may be the same.</summary>
    public static void HalfSplit(ArrayView<float> row, RotaryAngles angles, ArrayView<float> target, RotaryShape shape)
    {
        Check(row, angles, target, shape);
        HalfSplitCore(ref row[0], ref angles.Cosine[0], ref angles.Sine[0], ref target[0], shape);
    }

    /// <summary>Element 2i is rotated with element 2i + 1, likewise.</summary>
    public static void Interleaved(ArrayView<float> row, RotaryAngles angles, ArrayView<float> target, RotaryShape shape)
    {
        Check(row, angles, target, shape);
        InterleavedCore(ref row[0], ref angles.Cosine[0], ref angles.Sine[0], ref target[0], shape);
    }

    private static void Check(ArrayView<float> row, RotaryAngles angles, ArrayView<float> target, RotaryShape shape)
    {
        MicroKernel.CheckExtent(row.Length, ((shape.Heads - 1) * shape.RowStride) + shape.Dimension);
        MicroKernel.CheckExtent(angles.Cosine.Length, shape.Pairs);
        MicroKernel.CheckExtent(angles.Sine.Length, shape.Pairs);
        MicroKernel.CheckExtent(target.Length, ((shape.Heads - 1) * shape.TargetStride) + shape.Dimension);
    }

    [IntrinsicImplementation]
    [MethodImpl(InnerLoop.Compilation)]
    private static void HalfSplitCore(ref float row, ref float cosine, ref float sine, ref float target, RotaryShape shape)
    {
        nint pairs = shape.Pairs;
        TVector minus = TVector.Create(-1f);
        for (nint head = 0; head < shape.Heads; head++)
        {
            ref float first = ref Unsafe.Add(ref row, head * (nint)shape.RowStride);
            ref float second = ref Unsafe.Add(ref first, pairs);
            ref float firstTarget = ref Unsafe.Add(ref target, head * (nint)shape.TargetStride);
            ref float secondTarget = ref Unsafe.Add(ref firstTarget, pairs);
            bool streams = RowStore.CanStream<TStore>(ref firstTarget) && RowStore.CanStream<TStore>(ref secondTarget);
            nint index = 0;
            for (; index <= pairs - TVector.Lanes; index += TVector.Lanes)
            {
                if (TStore.IsNonTemporal)
                {
                    Prefetch.Line(ref Unsafe.Add(ref first, index + PrefetchDistance));
                    Prefetch.Line(ref Unsafe.Add(ref second, index + PrefetchDistance));
                }

                TVector a = TVector.Load(ref first, index);
                TVector b = TVector.Load(ref second, index);
                TVector cosines = TVector.Load(ref cosine, index);
                TVector sines = TVector.Load(ref sine, index);
                RowStore.Store(TVector.MultiplyAdd(a, cosines, b * sines * minus), ref firstTarget, index, streams);
                RowStore.Store(TVector.MultiplyAdd(a, sines, b * cosines), ref secondTarget, index, streams);
            }

            for (; index < pairs; index++)
            {
                Turn(
                    ref Unsafe.Add(ref first, index), ref Unsafe.Add(ref second, index),
                    Unsafe.Add(ref cosine, index), Unsafe.Add(ref sine, index),
                    ref Unsafe.Add(ref firstTarget, index), ref Unsafe.Add(ref secondTarget, index));
            }

            for (nint element = 2 * pairs; element < shape.Dimension; element++)
                Unsafe.Add(ref firstTarget, element) = Unsafe.Add(ref first, element);
        }

        RowStore.End(TStore.IsNonTemporal);
    }

    private static void HalfSplitCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call)
    {
        int lanes = MicroKernel.Width(call).Lanes;
        string vector = $"float{lanes}";
        var body = new OpenClBody(generator, call);
        string space = body.AddressSpace("target");
        body.Write($$"""
            for (int head = 0; head < shape.Heads; head++) {
                const {{body.Pointer("row")}} r = row + head * shape.RowStride;
                {{body.Pointer("target")}} t = target + head * shape.TargetStride;
                {{RowStore.OpenClCanStream(MicroKernel.IsNonTemporal(call), "t", "t + shape.Pairs")}}
                int i = 0;
                for (; i + {{lanes}} <= shape.Pairs; i += {{lanes}}) {
                    {{PrefetchOpenCl(call, "r + i")}}
                    {{PrefetchOpenCl(call, "r + shape.Pairs + i")}}
                    const {{vector}} a = vload{{lanes}}(0, r + i), b = vload{{lanes}}(0, r + shape.Pairs + i);
                    const {{vector}} c = vload{{lanes}}(0, cosine + i), s = vload{{lanes}}(0, sine + i);
                    const {{vector}} bs = b * s, bc = b * c;
                    const {{vector}} x = fma(a, c, -bs), y = fma(a, s, bc);
                    {{RowStore.OpenCl(lanes, "x", "t + i", space)}}
                    {{RowStore.OpenCl(lanes, "y", "t + shape.Pairs + i", space)}}
                }
                for (; i < shape.Pairs; i++) {
                    const float a = r[i], b = r[shape.Pairs + i], bs = b * sine[i], bc = b * cosine[i];
                    t[i] = fma(a, cosine[i], -bs);
                    t[shape.Pairs + i] = fma(a, sine[i], bc);
                }
                for (i = 2 * shape.Pairs; i < shape.Dimension; i++) t[i] = r[i];
            }
            """);
    }

    [IntrinsicImplementation]
    [MethodImpl(InnerLoop.Compilation)]
    private static void InterleavedCore(ref float row, ref float cosine, ref float sine, ref float target, RotaryShape shape)
    {
        nint pairs = shape.Pairs;
        ReadOnlySpan<float> signs = [-1f, 1f, -1f, 1f, -1f, 1f, -1f, 1f, -1f, 1f, -1f, 1f, -1f, 1f, -1f, 1f];
        TVector sign = TVector.Load(ref MemoryMarshal.GetReference(signs), 0);
        for (nint head = 0; head < shape.Heads; head++)
        {
            ref float source = ref Unsafe.Add(ref row, head * (nint)shape.RowStride);
            ref float turned = ref Unsafe.Add(ref target, head * (nint)shape.TargetStride);
            bool streams = RowStore.CanStream<TStore>(ref turned);
            nint index = 0;
            for (; index <= pairs - (TVector.Lanes / 2); index += TVector.Lanes / 2)
            {
                if (TStore.IsNonTemporal)
                    Prefetch.Line(ref Unsafe.Add(ref source, (2 * index) + PrefetchDistance));
                TVector elements = TVector.Load(ref source, 2 * index);
                TVector product = TVector.OddTwice(elements) * TVector.LoadPairs(ref sine, ref cosine, index) * sign;
                TVector sum = TVector.MultiplyAdd(TVector.EvenTwice(elements), TVector.LoadPairs(ref cosine, ref sine, index), product);
                RowStore.Store(sum, ref turned, 2 * index, streams);
            }

            for (; index < pairs; index++)
            {
                Turn(
                    ref Unsafe.Add(ref source, 2 * index), ref Unsafe.Add(ref source, (2 * index) + 1),
                    Unsafe.Add(ref cosine, index), Unsafe.Add(ref sine, index),
                    ref Unsafe.Add(ref turned, 2 * index), ref Unsafe.Add(ref turned, (2 * index) + 1));
            }

            for (nint element = 2 * pairs; element < shape.Dimension; element++)
                Unsafe.Add(ref turned, element) = Unsafe.Add(ref source, element);
        }

        RowStore.End(TStore.IsNonTemporal);
    }

    private static void InterleavedCoreOpenCl(CLBackend backend, CLCodeGenerator generator, Value call)
    {
        int lanes = MicroKernel.Width(call).Lanes;
        string half = $"float{lanes / 2}";
        var body = new OpenClBody(generator, call);
        body.Write($$"""
            for (int head = 0; head < shape.Heads; head++) {
                const {{body.Pointer("row")}} r = row + head * shape.RowStride;
                {{body.Pointer("target")}} t = target + head * shape.TargetStride;
                {{RowStore.OpenClCanStream(MicroKernel.IsNonTemporal(call), "t")}}
                int i = 0;
                for (; i + {{lanes / 2}} <= shape.Pairs; i += {{lanes / 2}}) {
                    {{PrefetchOpenCl(call, "r + 2 * i")}}
                    const float{{lanes}} x = vload{{lanes}}(0, r + 2 * i);
                    const {{half}} c = vload{{lanes / 2}}(0, cosine + i), s = vload{{lanes / 2}}(0, sine + i);
                    const {{half}} bs = x.odd * s, bc = x.odd * c;
                    float{{lanes}} y;
                    y.even = fma(x.even, c, -bs);
                    y.odd = fma(x.even, s, bc);
                    {{RowStore.OpenCl(lanes, "y", "t + 2 * i", body.AddressSpace("target"))}}
                }
                for (; i < shape.Pairs; i++) {
                    const float a = r[2 * i], b = r[2 * i + 1], bs = b * sine[i], bc = b * cosine[i];
                    t[2 * i] = fma(a, cosine[i], -bs);
                    t[2 * i + 1] = fma(a, sine[i], bc);
                }
                for (i = 2 * shape.Pairs; i < shape.Dimension; i++) t[i] = r[i];
            }
            """);
    }

    private static string PrefetchOpenCl(Value call, string pointer) =>
        MicroKernel.IsNonTemporal(call) ? Prefetch.OpenCl($"{pointer} + {PrefetchDistance}") : "";

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Turn(ref float first, ref float second, float cosine, float sine, ref float firstTarget, ref float secondTarget)
    {
        float a = first;
        float b = second;
        firstTarget = MathF.FusedMultiplyAdd(a, cosine, -(b * sine));
        secondTarget = MathF.FusedMultiplyAdd(a, sine, b * cosine);
    }
}
