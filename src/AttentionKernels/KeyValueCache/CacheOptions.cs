using AttentionKernels.Attention;

namespace AttentionKernels;

/// <summary>The sizes of a paged KV cache, and how it stores keys and values.</summary>
public sealed record CacheOptions
{
    private const int MaximumLayers = 1 << 16;

    /// <summary>Pages in the pool; at least 1. A page holds the tokens' keys and values of all layers.</summary>
    public required int Pages { get; init; }

    /// <summary>Tokens of a page; from 1 to 256. The default is 16.</summary>
    public int PageSize { get; init; } = 16;

    /// <summary>Layers of the model; from 1, which is the default, to 65,536.</summary>
    public int Layers { get; init; } = 1;

    /// <summary>Kv heads; at least 1.</summary>
    public required int KeyValueHeads { get; init; }

    /// <summary>Elements of a head; from 1 to 512, of a latent cache to 1024.</summary>
    public required int HeadDimension { get; init; }

    /// <summary>
    /// Of a latent cache, which stores no values: the first so many elements of a token's key are its value too. At most 512 and the head
    /// dimension; 0, the default, where keys and values are stored apart.
    /// </summary>
    /// <remarks>
    /// Multi-head latent attention (DeepSeek-AI, "DeepSeek-V2", 2024) keeps one row a token for all heads, a compressed latent of 512
    /// elements and 64 elements with rotary embedding: one kv head, a head dimension of 576, a latent dimension of 512.
    /// </remarks>
    public int LatentDimension { get; init; }

    /// <summary>In which order tokens and heads of a page lie in memory. The default is <see cref="PageLayout.TokensFirst"/>.</summary>
    public PageLayout Layout { get; init; }

    /// <summary>How keys are stored. The default is <see cref="NumberFormat.Float32"/>.</summary>
    public NumberFormat KeyFormat { get; init; } = NumberFormat.Float32;

    /// <summary>How values are stored; in a latent cache as keys are. The default is <see cref="NumberFormat.Float32"/>.</summary>
    public NumberFormat ValueFormat { get; init; } = NumberFormat.Float32;

    /// <summary>
    /// Which numbers share a scale, of keys or values whose format has scales. The default is <see cref="PageScales.TokenAndHead"/>:
    /// appending finds the scales.
    /// </summary>
    public PageScales Scales { get; init; } = PageScales.TokenAndHead;

    /// <summary>Prefix caching: full pages of known tokens are reused by content hash, and evicted least recently used when their memory is
    /// needed. Off by default.</summary>
    public bool SharesPrefixes { get; init; }

    /// <summary>Pages that <see cref="PageAllocator.CanAllocate"/> wants left over, so that sequences under way can grow. The default is
    /// 0.</summary>
    public int Watermark { get; init; }

    /// <summary>Pages of host memory for sequences that are swapped out; none where 0, which is the default.</summary>
    public int HostPages { get; init; }

    /// <summary>Checks that the sizes are in range and fit each other.</summary>
    /// <param name="name">What the caller calls the options.</param>
    /// <exception cref="ArgumentException">They are not, or do not.</exception>
    internal void Check(string name)
    {
        int maximum = LatentDimension > 0 ? AttentionProblem.MaximumKeyDimension : AttentionProblem.MaximumHeadDimension;
        int latent = Math.Min(HeadDimension, AttentionProblem.MaximumHeadDimension);
        Require(Pages >= 1 && Pages <= PageAllocator.MaximumPages,
            $"There are {Pages} pages; there must be from 1 to {PageAllocator.MaximumPages}.");
        Require(PageSize is >= 1 and <= 256, $"The page size is {PageSize}; it must be from 1 to 256.");
        Require(Layers is >= 1 and <= MaximumLayers, $"There are {Layers} layers; there must be from 1 to {MaximumLayers}.");
        Require(KeyValueHeads >= 1, $"There are {KeyValueHeads} kv heads; there must be at least 1.");
        Require(HeadDimension >= 1 && HeadDimension <= maximum, $"The head dimension is {HeadDimension}; it must be from 1 to {maximum}.");
        Require(LatentDimension >= 0 && LatentDimension <= latent,
            $"The latent dimension is {LatentDimension}; it must be from 0 to {latent}.");
        RequireFormat(KeyFormat, "key");
        RequireFormat(ValueFormat, "value");
        Require(LatentDimension == 0 || ValueFormat == KeyFormat,
            $"The value format is {ValueFormat} and the key format {KeyFormat}; those of a latent cache are the same.");
        Require(Enum.IsDefined(Layout), $"The layout is {Layout}; it must be TokensFirst or HeadsFirst.");
        Require(Enum.IsDefined(Scales), $"The scales are {Scales}; they must be Layer, Head or TokenAndHead.");
        Require(Watermark >= 0 && Watermark <= Pages,
            $"The watermark is {Watermark} pages; it must be from 0 to the number of pages, {Pages}.");
        Require(HostPages >= 0 && HostPages <= PageAllocator.MaximumPages,
            $"There are {HostPages} host pages; there must be from 0 to {PageAllocator.MaximumPages}.");

        void RequireFormat(NumberFormat format, string what) =>
            Require(format is not null, $"The {what} format is null; it must be one of {string.Join(", ", NumberFormat.All)}.");

        void Require(bool holds, string message)
        {
            if (!holds)
                throw new ArgumentException(message, name);
        }
    }
}
