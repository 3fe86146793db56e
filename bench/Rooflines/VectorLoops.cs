using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace AttentionKernels.Rooflines;

/// <summary>A loop over a part of a buffer of numbers, and of another one as long.</summary>
/// <param name="source">The one that is read; aligned to a cache line.</param>
/// <param name="target">The one that is written, if the loop writes; aligned likewise.</param>
/// <param name="length">The numbers of each; a multiple of <see cref="VectorLoops.Step"/>.</param>
internal unsafe delegate void VectorLoop(float* source, float* target, long length);

/// <summary>Loops that do nothing but move memory, compiled in full before they run: what they measure is not how well they are warmed
/// up.</summary>
internal static unsafe class VectorLoops
{
    /// <summary>The numbers of a step: four cache lines.</summary>
    public const int Step = 4 * 16;

    private static float _sink;

    /// <summary>Reads the source. The sum goes where nobody looks, so that it has to be computed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Read(float* source, float* _, long length)
    {
        Vector512<float> sum0 = default, sum1 = default, sum2 = default, sum3 = default;
        for (long index = 0; index < length; index += Step)
        {
            sum0 += Vector512.LoadAligned(source + index);
            sum1 += Vector512.LoadAligned(source + index + 16);
            sum2 += Vector512.LoadAligned(source + index + 32);
            sum3 += Vector512.LoadAligned(source + index + 48);
        }

        Volatile.Write(ref _sink, Vector512.Sum(sum0 + sum1 + sum2 + sum3));
    }

    /// <summary>Copies with ordinary stores: a processor reads what it is about to overwrite.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Copy(float* source, float* target, long length)
    {
        for (long index = 0; index < length; index += Step)
        {
            Vector512.LoadAligned(source + index).StoreAligned(target + index);
            Vector512.LoadAligned(source + index + 16).StoreAligned(target + index + 16);
            Vector512.LoadAligned(source + index + 32).StoreAligned(target + index + 32);
            Vector512.LoadAligned(source + index + 48).StoreAligned(target + index + 48);
        }
    }

    /// <summary>Copies with non-temporal stores.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void CopyNonTemporal(float* source, float* target, long length)
    {
        for (long index = 0; index < length; index += Step)
        {
            Vector512.LoadAligned(source + index).StoreAlignedNonTemporal(target + index);
            Vector512.LoadAligned(source + index + 16).StoreAlignedNonTemporal(target + index + 16);
            Vector512.LoadAligned(source + index + 32).StoreAlignedNonTemporal(target + index + 32);
            Vector512.LoadAligned(source + index + 48).StoreAlignedNonTemporal(target + index + 48);
        }
    }
}
