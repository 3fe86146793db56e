using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using AttentionKernels.Simd;

namespace AttentionKernels.Formats;

/// <summary>Runs of stored numbers to fp32 and back on the managed CPU. A scalar conversion of fp16 costs some nanoseconds there.</summary>
internal static class StoredSpan
{
    /// <summary>Elements that are converted together where they are not consecutive, or are scaled on the way.</summary>
    public const int Buffer = 64;

    extension<TFormat>(ref TFormat row)
        where TFormat : unmanaged, IFormat<TFormat>
    {
        /// <summary>target[i] = row[i].</summary>
        public void Widen(ref float target, int count)
        {
            if (Vector512.IsHardwareAccelerated)
                row.Widen<TFormat, Fp32x16>(ref target, count);
            else if (Vector256.IsHardwareAccelerated)
                row.Widen<TFormat, Fp32x8>(ref target, count);
            else
                row.Widen<TFormat, Fp32x4>(ref target, count);
        }

        /// <summary>Units that hold so many numbers.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static long Units(long count) => (count + TFormat.PerUnit - 1) / TFormat.PerUnit;

        /// <summary>A number of a row.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public float Number(nint index) => TFormat.Widen(Unsafe.Add(ref row, index / TFormat.PerUnit), (int)(index % TFormat.PerUnit));

        [MethodImpl(InnerLoop.Compilation)]
        private void Widen<TVector>(ref float target, nint count)
            where TVector : struct, IVector<TVector>
        {
            nint index = 0;
            for (; index <= count - TVector.Lanes; index += TVector.Lanes)
                TFormat.Widen<TVector>(ref row, index).Store(ref target, index);
            for (; index < count; index++)
                Unsafe.Add(ref target, index) = Number(ref row, index);
        }
    }
}
