using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace AttentionKernels.Simd;

/// <summary>Software prefetch: memory is requested before it is needed. A hint: any address is legal, and where there is no such
/// instruction nothing happens.</summary>
internal static class Prefetch
{
    /// <summary>Bytes of a cache line.</summary>
    public const int LineBytes = 64;

    /// <summary>OpenCL C that prefetches the line at a pointer, where the compiler is clang, as CPU drivers' are.</summary>
    public static string OpenCl(string pointer) => $$"""

        #if defined(__clang__)
            __builtin_prefetch({{pointer}}, 0, 2);
        #endif

        """;

    /// <summary>Brings the line of an element towards the second-level cache.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Line<T>(ref T first)
    {
        if (Sse.IsSupported)
            Sse.Prefetch1(Unsafe.AsPointer(ref first));
    }

    /// <summary>Brings <paramref name="count"/> elements towards the second-level cache.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Row<T>(ref T first, int count)
    {
        if (!Sse.IsSupported)
            return;
        byte* line = (byte*)Unsafe.AsPointer(ref first);
        for (byte* end = line + ((long)count * Unsafe.SizeOf<T>()); line < end; line += LineBytes)
            Sse.Prefetch1(line);
    }
}
