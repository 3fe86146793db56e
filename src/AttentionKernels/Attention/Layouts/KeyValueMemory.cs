using ILGPU;

namespace AttentionKernels.Attention.Layouts;

/// <summary>The keys or the values of all tokens, as the host hands them to kernels of any format.</summary>
/// <param name="Data">The memory.</param>
/// <param name="PageStride">Units from a page to the next; a contiguous sequence is one page.</param>
/// <param name="TokenStride">Units from a token of a page to the next.</param>
/// <param name="HeadStride">Units from a head of a token to the next.</param>
/// <param name="Scales">The scales, of numbers that have some.</param>
/// <param name="ScalePageStride">Scales from a page to the next.</param>
/// <param name="ScaleTokenStride">Scales from a token of a page to the next.</param>
/// <param name="ScaleHeadStride">Scales from a head to the next.</param>
internal readonly record struct KeyValueMemory(
    ArrayView<byte> Data, long PageStride, long TokenStride, long HeadStride,
    ArrayView<float> Scales, long ScalePageStride = 0, long ScaleTokenStride = 0, int ScaleHeadStride = 0);
