namespace AttentionKernels.Samples.Architectures.EncoderDecoder;

/// <summary>The sizes of a T5-like model; the defaults make a small one.</summary>
internal sealed record T5Shape
{
    /// <summary>Elements of a token.</summary>
    public int Dimension { get; init; } = 64;

    /// <summary>Heads of attention.</summary>
    public int Heads { get; init; } = 4;

    /// <summary>Elements of a head.</summary>
    public int HeadDimension { get; init; } = 16;

    /// <summary>Elements of a token inside a feed-forward block.</summary>
    public int FeedForward { get; init; } = 128;

    /// <summary>Layers of the encoder, and of the decoder.</summary>
    public int Layers { get; init; } = 2;

    /// <summary>The number of tokens.</summary>
    public int Vocabulary { get; init; } = Letters.Count;

    /// <summary>Buckets of relative distances.</summary>
    public int Buckets { get; init; } = 32;

    /// <summary>The distance from which on all have the last bucket.</summary>
    public int LargestDistance { get; init; } = 128;

    /// <summary>The most tokens of a source or of a target.</summary>
    public int MaximumTokens { get; init; } = 256;

    /// <summary>Elements of all heads.</summary>
    public int Inner => Heads * HeadDimension;
}
