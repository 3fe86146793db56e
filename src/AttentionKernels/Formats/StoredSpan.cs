using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using AttentionKernels.Simd;

namespace AttentionKernels.Formats;

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
            Widen<TFormat, Fp32x16>(ref source, ref target, count);
        else if (Vector256.IsHardwareAccelerated)
            Widen<TFormat, Fp32x8>(ref source, ref target, count);
        else
            Widen<TFormat, Fp32x4>(ref source, ref target, count);
    }

    /// <summary>Units that hold so many numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Units<TFormat>(long count)
        where TFormat : unmanaged, IFormat<TFormat> =>
        (count + TFormat.PerUnit - 1) / TFormat.PerUnit;

    /// <summary>A number of a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Number<TFormat>(ref TFormat row, nint index)
        where TFormat : unmanaged, IFormat<TFormat> =>
        TFormat.Widen(Unsafe.Add(ref row, index / TFormat.PerUnit), (int)(index % TFormat.PerUnit));

    /// <summary>target[i] = source[i], rounded as it is stored.</summary>
    public static void Narrow<TElement>(ReadOnlySpan<float> source, ref TElement target)
        where TElement : unmanaged, IElement<TElement> =>
        TElement.Narrow(source, MemoryMarshal.CreateSpan(ref target, source.Length));

    [MethodImpl(InnerLoop.Compilation)]
    private static void Widen<TFormat, TVector>(ref TFormat source, ref float target, nint count)
        where TFormat : unmanaged, IFormat<TFormat>
        where TVector : struct, IVector<TVector>
    {
        nint index = 0;
        for (; index <= count - TVector.Lanes; index += TVector.Lanes)
            TFormat.Widen<TVector>(ref source, index).Store(ref target, index);
        for (; index < count; index++)
            Unsafe.Add(ref target, index) = Number(ref source, index);
    }
}
