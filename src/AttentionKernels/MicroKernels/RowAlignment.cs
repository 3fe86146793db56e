using ILGPU;
using ILGPU.Runtime;

namespace AttentionKernels.MicroKernels;

/// <summary>Where memory begins, as the host sees it: what <see cref="IRowAccess"/> is chosen by.</summary>
internal static class RowAlignment
{
    /// <summary>Whether a view begins at a multiple of so many of its elements.</summary>
    public static bool IsAligned<T>(this ArrayView<T> view, int elements)
        where T : unmanaged =>
        view.Length == 0 || view.LoadEffectiveAddressAsPtr() % (elements * Interop.SizeOf<T>()) == 0;
}
