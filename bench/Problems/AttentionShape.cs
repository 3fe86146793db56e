using System.Globalization;
using System.Text;

namespace AttentionKernels.Problems;

/// <summary>The sizes of an attention problem, and its mask.</summary>
/// <param name="Batch">Sequences.</param>
/// <param name="Heads">Query heads.</param>
/// <param name="KeyValueHeads">Kv heads.</param>
/// <param name="Queries">Query tokens of a sequence, the last ones of it.</param>
/// <param name="Keys">Key tokens of a sequence.</param>
/// <param name="HeadDimension">Elements of a head.</param>
internal sealed record AttentionShape(int Batch, int Heads, int KeyValueHeads, int Queries, int Keys, int HeadDimension)
{
    private const int MostElementsOfHead = 512;

    private static readonly string[] _names =
        ["heads", "queries", "keys", "dim", "batch", "mask", "common", "pages", "dtype", "count"];

    /// <summary>Which keys count.</summary>
    public MaskChoice Mask { get; init; } = new(MaskKind.Causal);

    /// <summary>How many tokens all sequences have in common, the first ones.</summary>
    public int Common { get; init; }

    /// <summary>How keys and values are stored; <see langword="null"/> for whatever is to be compared.</summary>
    public DataType? Type { get; init; }

    /// <summary>Tokens of a page, for pages alone; <see langword="null"/> for tensors and pages side by side.</summary>
    public int? PageSize { get; init; }

    /// <summary>How often a program computed it.</summary>
    public long Count { get; init; } = 1;

    /// <summary>The shape of query and output.</summary>
    public TensorShape Query => [Batch, Queries, Heads, HeadDimension];

    /// <summary>The shape of key and value.</summary>
    public TensorShape Key => [Batch, Keys, KeyValueHeads, HeadDimension];

    /// <summary>Whether there is one query a sequence.</summary>
    public bool IsDecode => Queries == 1;

    /// <summary>The pairs of query and key that attend to each other, over all heads.</summary>
    public long AllowedPairs =>
        (long)Batch * Heads * Enumerable.Range(Keys - Queries, Queries).Sum(position => (long)Mask.KeysOf(position, Keys));

    /// <summary>The tokens of all sequences that some query attends to, those in common counted once.</summary>
    public long TokensRead
    {
        get
        {
            int first = Mask.FirstKey(Math.Max(0, Keys - Queries));
            return Math.Max(0, Common - first) + ((long)Batch * (Keys - Math.Max(first, Common)));
        }
    }

    /// <summary>Two floating-point operations for each element of a head in each of the two products.</summary>
    public double FloatingPointOperations => 4.0 * AllowedPairs * HeadDimension;

    /// <summary>Reads sizes by name: <c>heads=32/8 queries=1 keys=4096 dim=128 batch=8 mask=window:256</c>.</summary>
    /// <param name="text">
    /// Pairs in any order, separated by blanks. <c>heads</c>, <c>keys</c> and <c>dim</c> must be there; without kv heads behind a '/' there
    /// are as many as heads, without <c>queries</c> as many as keys; <c>batch</c> is 1, <c>mask</c> causal, and <c>common</c> 0. With
    /// <c>dtype</c> and <c>pages</c>, the tokens of a page, keys and values are stored so alone; <c>count</c> is of
    /// <see cref="Count"/>. What stands behind a <c>#</c> is not read.
    /// </param>
    /// <exception cref="FormatException">
    /// A name or a value is wrong, or one is missing; the message says which, and what it must be.
    /// </exception>
    public static AttentionShape Parse(string text)
    {
        var values = new Dictionary<string, string>();
        foreach ((string name, string value) in Pairs.Read(text))
        {
            if (!_names.Contains(name))
                throw new FormatException($"The shape has '{name}'; it may have {string.Join(", ", _names)}.");
            values[name] = value;
        }

        string[] heads = Required("heads").Split('/');
        if (heads.Length > 2)
            throw new FormatException($"heads is {values["heads"]}; it must be heads, or heads/kv heads.");
        int keys = Number("keys", Required("keys"));
        var shape = new AttentionShape(
            values.TryGetValue("batch", out string? batch) ? Number("batch", batch) : 1,
            Number("heads", heads[0]), Number("heads", heads[^1]),
            values.TryGetValue("queries", out string? queries) ? Number("queries", queries) : keys,
            keys, Number("dim", Required("dim")))
        {
            Mask = values.TryGetValue("mask", out string? mask) ? MaskChoice.Parse(mask) : new(MaskKind.Causal),
            Common = values.TryGetValue("common", out string? common) ? Number("common", common) : 0,
            Type = values.TryGetValue("dtype", out string? type) ? DataType.Find(type) : null,
            PageSize = values.TryGetValue("pages", out string? pages) ? Number("pages", pages) : null,
            Count = values.TryGetValue("count", out string? count) ? Pairs.Count(count) : 1,
        };
        if (shape.Heads % shape.KeyValueHeads != 0)
            throw new FormatException($"heads is {values["heads"]}; kv heads must divide heads.");
        if (shape.HeadDimension > MostElementsOfHead)
            throw new FormatException($"dim is {shape.HeadDimension}; it must be at most {MostElementsOfHead}.");
        if (shape.Common >= shape.Keys)
            throw new FormatException($"common is {shape.Common}; it must be less than keys, {shape.Keys}.");
        return shape;

        string Required(string name) => values.TryGetValue(name, out string? value)
            ? value
            : throw new FormatException($"The shape '{text}' has no {name}; it must have heads, keys and dim.");
    }

    /// <summary>What <see cref="Parse"/> reads, without what is as it would be anyhow, and without the count.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"heads={Heads}");
        if (KeyValueHeads != Heads)
            text.Append(CultureInfo.InvariantCulture, $"/{KeyValueHeads}");
        if (Queries != Keys)
            text.Append(CultureInfo.InvariantCulture, $" queries={Queries}");
        text.Append(CultureInfo.InvariantCulture, $" keys={Keys} dim={HeadDimension}");
        if (Batch != 1)
            text.Append(CultureInfo.InvariantCulture, $" batch={Batch}");
        if (Common != 0)
            text.Append(CultureInfo.InvariantCulture, $" common={Common}");
        if (Mask.Kind != MaskKind.Causal)
            text.Append(CultureInfo.InvariantCulture, $" mask={Mask}");
        if (PageSize is { } pages)
            text.Append(CultureInfo.InvariantCulture, $" pages={pages}");
        if (Type is { } type)
            text.Append(CultureInfo.InvariantCulture, $" dtype={type}");
        return text.ToString();
    }

    private static int Number(string name, string text) => Pairs.Number(name, text);
}
