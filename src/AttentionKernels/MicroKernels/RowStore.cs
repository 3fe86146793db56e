using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using AttentionKernels.Formats;
using AttentionKernels.Simd;

namespace AttentionKernels.MicroKernels;

/// <summary>Stores of a row as an <see cref="IStorePolicy"/> says, for the bodies of micro-kernels.</summary>
internal static class RowStore
{
    /// <summary>Numbers that are computed in fp32 before they are rounded to a smaller format together.</summary>
    public const int Run = 512;

    private const int StoreBytes = 16;

    /// <summary>Whether a row can be stored non-temporally.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe bool CanStream<TElement, TStore>(ref TElement target)
        where TStore : struct, IStorePolicy => TStore.IsNonTemporal && ((nint)Unsafe.AsPointer(ref target) & 15) == 0;

    /// <summary>Stores a vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<TVector>(TVector vector, ref float target, nint offset, bool streams)
        where TVector : struct, IVector<TVector>
    {
        if (streams)
            vector.StoreNonTemporal(ref target, offset);
        else
            vector.Store(ref target, offset);
    }

    /// <summary>Stores at most <see cref="Run"/> numbers, rounded.</summary>
    [SkipLocalsInit]
    public static void Narrow<TElement>(ReadOnlySpan<float> numbers, ref TElement target, bool streams)
        where TElement : unmanaged, IElement<TElement>
    {
        if (!streams)
        {
            TElement.Narrow(numbers, MemoryMarshal.CreateSpan(ref target, numbers.Length));
            return;
        }

        Span<TElement> stored = stackalloc TElement[Run];
        TElement.Narrow(numbers, stored[..numbers.Length]);
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(stored[..numbers.Length]);
        ref byte streamed = ref Unsafe.As<TElement, byte>(ref target);
        int offset = 0;
        for (; offset <= bytes.Length - StoreBytes; offset += StoreBytes)
            StoreNonTemporal(Vector128.Create(bytes.Slice(offset, StoreBytes)), ref Unsafe.Add(ref streamed, offset));
        bytes[offset..].CopyTo(MemoryMarshal.CreateSpan(ref Unsafe.Add(ref streamed, offset), bytes.Length - offset));
    }

    /// <summary>Makes what was streamed visible before what is stored next.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void End(bool streamed)
    {
        if (streamed && Sse.IsSupported)
            Sse.StoreFence();
    }

    private static unsafe void StoreNonTemporal(Vector128<byte> bytes, ref byte target) =>
        bytes.StoreAlignedNonTemporal((byte*)Unsafe.AsPointer(ref target));

    /// <summary>OpenCL C that declares whether rows at some pointers can be stored non-temporally.</summary>
    public static string OpenClCanStream(bool isStreaming, params string[] pointers)
    {
        string areAligned = string.Join(" && ", pointers.Select(pointer => $"((size_t)({pointer}) & 15) == 0"));
        return $"const int streams = {(isStreaming ? areAligned : "0")};\n";
    }

    /// <summary>OpenCL C that stores a vector at a pointer, rounded; only clang has non-temporal stores, and only fp32 is stored by
    /// them.</summary>
    public static string OpenCl(ElementText element, int lanes, string vector, string pointer, string addressSpace)
    {
        if (!element.IsSingle)
            return element.Store(lanes, vector, pointer);
        string[] quads = lanes switch
        {
            16 => ["lo.lo", "lo.hi", "hi.lo", "hi.hi"],
            8 => ["lo", "hi"],
            _ => ["xyzw"],
        };
        string Store(string quad, int index) =>
            $"__builtin_nontemporal_store({vector}.{quad}, ({addressSpace} float4*)({pointer}) + {index});";
        return $$"""

            #if defined(__clang__)
                if (streams) {
                    {{string.Join('\n', quads.Select(Store))}}
                } else
            #endif
                {{element.Store(lanes, vector, pointer)}}

            """;
    }
}
