namespace AttentionKernels;

/// <summary>Which numbers of a quantised cache share a scale.</summary>
public enum PageScales
{
    /// <summary>All of a layer, one scale for the keys and one for the values (“per tensor”); given by
    /// <see cref="PagedKeyValueCache.SetScales"/>.</summary>
    Layer,

    /// <summary>All of a kv head of a layer; given by <see cref="PagedKeyValueCache.SetScales"/>.</summary>
    Head,

    /// <summary>Those of a head of a token: its largest magnitude, when it is appended, becomes the largest that can be stored.</summary>
    TokenAndHead,
}
