namespace AttentionKernels;

/// <summary>How a paged cache stores the numbers of keys, or of values; kernels compute in fp32.</summary>
/// <remarks>
/// A number becomes the nearest one that can be stored, of two the even one. Under a scale, finite numbers beyond the largest become the largest.
/// NaN and infinity stay what they are, or become NaN where there is no infinity, with two exceptions: whole numbers have neither, so under a scale that is given NaN becomes 0
/// and infinity the largest number; under a scale that is found, one of them makes all of its head NaN.
/// </remarks>
public enum PageElement
{
    /// <summary>IEEE fp32, 4 bytes.</summary>
    Float32,

    /// <summary>IEEE fp16, 2 bytes.</summary>
    Float16,

    /// <summary>bf16, 2 bytes.</summary>
    BFloat16,

    /// <summary>fp8 e4m3 times a scale, 1 byte: 3 bits of fraction, up to 448.</summary>
    Float8E4M3,

    /// <summary>fp8 e5m2 times a scale, 1 byte: 2 bits of fraction, up to 57344.</summary>
    Float8E5M2,

    /// <summary>A whole number from −127 to 127 times a scale, 1 byte.</summary>
    Int8,

    /// <summary>A whole number from −7 to 7 times a scale, half a byte.</summary>
    Int4,
}

/// <summary>Which numbers of a quantised cache share a scale.</summary>
public enum PageScales
{
    /// <summary>All of a layer, one scale for the keys and one for the values (“per tensor”); given by <see cref="PagedKeyValueCache.SetScales"/>.</summary>
    Layer,

    /// <summary>All of a kv head of a layer; given by <see cref="PagedKeyValueCache.SetScales"/>.</summary>
    Head,

    /// <summary>Those of a head of a token: its largest magnitude, when it is appended, becomes the largest that can be stored.</summary>
    TokenAndHead,
}

/// <summary>In which order the dimensions of a page lie in memory.</summary>
public enum PageLayout
{
    /// <summary>[page, token, kv head, headDim]: all heads of a token side by side, as they are computed.</summary>
    TokensFirst,

    /// <summary>[page, kv head, token, headDim]: all tokens of a head side by side.</summary>
    HeadsFirst,
}
