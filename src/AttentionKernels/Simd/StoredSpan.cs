using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using AttentionKernels.Formats;

namespace AttentionKernels.Simd;

/// <summary>Runs of stored numbers to fp32 and back on the managed CPU. A scalar conversion of fp16 costs some nanoseconds there.</summary>
internal static class StoredSpan
{
    /// <summary>Elements that are converted together where they are not consecutive, or are scaled on the way.</summary>
    public const int Buffer = 64;

    /// <summary>target[i] = source[i].</summary>
    public static void Widen<TFormat>(ref TFormat source, ref float target, int count)
        where TFormat : unmanaged, IFormat<TFormat>
    {
        if (Vector512.IsHardwareAccelerated)
            Widen<TFormat, Simd512, Vector512<float>>(ref source, ref target, count);
        else if (Vector256.IsHardwareAccelerated)
            Widen<TFormat, Simd256, Vector256<float>>(ref source, ref target, count);
        else
            Widen<TFormat, Simd128, Vector128<float>>(ref source, ref target, count);
    }

    /// <summary>A number of a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Number<TFormat>(ref TFormat row, nint index)
        where TFormat : unmanaged, IFormat<TFormat> =>
        TFormat.Widen(Unsafe.Add(ref row, index / TFormat.PerUnit), (int)(index % TFormat.PerUnit));

    /// <summary>target[i] = source[i], rounded as it is stored.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Narrow<TElement>(ReadOnlySpan<float> source, ref TElement target)
        where TElement : unmanaged, IElement<TElement>
    {
        Span<TElement> stored = MemoryMarshal.CreateSpan(ref target, source.Length);
        if (typeof(TElement) == typeof(StoredFp16))
        {
            TensorPrimitives.ConvertToHalf(source, MemoryMarshal.Cast<TElement, Half>(stored));
            return;
        }

        int done = typeof(TElement) == typeof(StoredBf16) ? NarrowToBf16(source, MemoryMarshal.Cast<TElement, ushort>(stored)) : 0;
        for (int index = done; index < source.Length; index++)
            stored[index] = TElement.Narrow(source[index]);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Widen<TFormat, TSimd, TVector>(ref TFormat source, ref float target, nint count)
        where TFormat : unmanaged, IFormat<TFormat>
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        nint index = 0;
        for (; index <= count - TSimd.Lanes; index += TSimd.Lanes)
            TSimd.Store(TSimd.Widen(ref source, index), ref target, index);
        for (; index < count; index++)
            Unsafe.Add(ref target, index) = Number(ref source, index);
    }

    // StoredBf16.Narrow in vectors; returns how many numbers whole vectors hold.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int NarrowToBf16(ReadOnlySpan<float> source, Span<ushort> target)
    {
        int index = 0;
        for (; index <= source.Length - Vector<ushort>.Count; index += Vector<ushort>.Count)
        {
            Vector<uint> low = Nearest(new Vector<float>(source[index..]));
            Vector<uint> high = Nearest(new Vector<float>(source[(index + Vector<float>.Count)..]));
            Vector.Narrow(low, high).CopyTo(target[index..]);
        }

        return index;

        static Vector<uint> Nearest(Vector<float> numbers)
        {
            Vector<uint> bits = Vector.AsVectorUInt32(numbers);
            Vector<uint> nearest = (bits + new Vector<uint>(0x7FFF) + ((bits >> 16) & Vector<uint>.One)) >> 16;
            return Vector.ConditionalSelect(Vector.AsVectorUInt32(Vector.Equals(numbers, numbers)), nearest, (bits >> 16) | new Vector<uint>(StoredBf16.QuietBit));
        }
    }
}
