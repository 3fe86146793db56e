using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using AttentionKernels.Formats;
using AttentionKernels.Simd;

namespace AttentionKernels.MicroKernels;

/// <summary>Micro-kernels over rows, a vector at a time: what they are generic over, once, and how they store what they have
/// computed.</summary>
/// <typeparam name="TVector">The vector of the managed CPU; on OpenCL devices its lanes count.</typeparam>
/// <typeparam name="TElement">How rows and results are stored.</typeparam>
/// <typeparam name="TStore">Which stores results take.</typeparam>
internal static partial class RowKernels<TVector, TElement, TStore>
    where TVector : struct, IVector<TVector>
    where TElement : unmanaged, IElement<TElement>
    where TStore : struct, IStorePolicy
{
    private const int StoreBytes = 16;

    // Whether a row can be stored non-temporally.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe bool CanStream(ref TElement target) =>
        TStore.IsNonTemporal && ((nint)Unsafe.AsPointer(ref target) & (StoreBytes - 1)) == 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(TVector vector, ref float target, nint offset, bool streams)
    {
        if (streams)
            vector.StoreNonTemporal(ref target, offset);
        else
            vector.Store(ref target, offset);
    }

    // Adds a term to a sum, and what that rounds away to an error: a TwoSum in every lane.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddExactly(TVector term, ref TVector sum, ref TVector error)
    {
        TVector next = sum + term;
        TVector added = next - sum;
        error += (sum - (next - added)) + (term - added);
        sum = next;
    }

    // Stores at most RowStore.Run numbers, rounded.
    [SkipLocalsInit]
    private static void Narrow(ReadOnlySpan<float> numbers, ref TElement target, bool streams)
    {
        if (!streams)
        {
            TElement.Narrow(numbers, MemoryMarshal.CreateSpan(ref target, numbers.Length));
            return;
        }

        Span<TElement> stored = stackalloc TElement[RowStore.Run];
        TElement.Narrow(numbers, stored[..numbers.Length]);
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(stored[..numbers.Length]);
        ref byte streamed = ref Unsafe.As<TElement, byte>(ref target);
        int offset = 0;
        for (; offset <= bytes.Length - StoreBytes; offset += StoreBytes)
            StoreNonTemporal(Vector128.Create(bytes.Slice(offset, StoreBytes)), ref Unsafe.Add(ref streamed, offset));
        bytes[offset..].CopyTo(MemoryMarshal.CreateSpan(ref Unsafe.Add(ref streamed, offset), bytes.Length - offset));
    }

    private static unsafe void StoreNonTemporal(Vector128<byte> bytes, ref byte target) =>
        bytes.StoreAlignedNonTemporal((byte*)Unsafe.AsPointer(ref target));
}
