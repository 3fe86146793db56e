namespace AttentionKernels;

/// <summary>In which order the dimensions of a page lie in memory.</summary>
public enum PageLayout
{
    /// <summary>[page, token, kv head, headDim]: all heads of a token side by side, as they are computed.</summary>
    TokensFirst,

    /// <summary>[page, kv head, token, headDim]: all tokens of a head side by side.</summary>
    HeadsFirst,
}
