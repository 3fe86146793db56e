using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using AttentionKernels.Formats;

namespace AttentionKernels.MicroKernels;

/// <summary>Stores of a row as an <see cref="IStorePolicy"/> says, for the bodies of micro-kernels.</summary>
internal static class RowStore
{
    /// <summary>Numbers that are computed in fp32 before they are rounded to a smaller format together.</summary>
    public const int Run = 512;

    /// <summary>Makes what was streamed visible before what is stored next.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void End(bool streamed)
    {
        if (streamed && Sse.IsSupported)
            Sse.StoreFence();
    }

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
