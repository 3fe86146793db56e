using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using AttentionKernels.Simd;

namespace AttentionKernels.MicroKernels;

/// <summary>Stores of a row as an <see cref="IStorePolicy"/> says, for the bodies of micro-kernels.</summary>
internal static class RowStore
{
    /// <summary>Whether a row can be stored non-temporally.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe bool CanStream<TStore>(ref float target)
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

    /// <summary>OpenCL C that stores a vector at a pointer; only clang has non-temporal stores.</summary>
    public static string OpenCl(int lanes, string vector, string pointer, string addressSpace)
    {
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
                vstore{{lanes}}({{vector}}, 0, {{pointer}});

            """;
    }
}
