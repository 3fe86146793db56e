using System.Globalization;

namespace AttentionKernels.Attention.Variants;

/// <summary>A mask that lets through what two masks do, both.</summary>
internal interface IBothMasks
{
    /// <summary>The masks.</summary>
    (object First, object Second) Masks { get; }
}

/// <summary>The words that the benchmarks have for masks: <c>full</c>, <c>causal</c>, <c>window:N</c>, <c>chunked:N</c>.</summary>
internal static class MaskWord
{
    private const string Full = "full", Causal = "causal";

    /// <summary>The word of a mask; <see langword="null"/> where it has none.</summary>
    public static string? Of(object mask) => mask switch
    {
        NoMask => Full,
        CausalMask { Alignment: CausalAlignment.BottomRight } => Causal,
        SlidingWindowMask { Right: 0 } window => window.IsUnlimited
            ? Causal
            : string.Create(CultureInfo.InvariantCulture, $"window:{window.Left + 1}"),
        ChunkedMask chunked => string.Create(CultureInfo.InvariantCulture, $"chunked:{chunked.Size}"),
        _ => null,
    };

    /// <summary>The word of the keys that a mask leaves some of out, where it has none itself.</summary>
    public static string Around(object mask)
    {
        if (Of(mask) is { } word)
            return word;
        if (mask is not IBothMasks both)
            return Full;
        string first = Around(both.Masks.First);
        return first == Full ? Around(both.Masks.Second) : first;
    }
}
