namespace AttentionKernels.Bench;

/// <summary>How the attention of a known model is built.</summary>
/// <param name="Name">The model.</param>
/// <param name="Heads">Query heads.</param>
/// <param name="KeyValueHeads">Kv heads.</param>
/// <param name="HeadDimension">Elements of a head.</param>
/// <param name="Context">The most tokens that it was trained on.</param>
/// <param name="Mask">Which keys a query attends to.</param>
internal sealed record ModelShape(string Name, int Heads, int KeyValueHeads, int HeadDimension, int Context, MaskChoice Mask)
{
    private const int PromptTokens = 1024, CachedTokens = 4096;

    private static readonly MaskChoice _causal = new(MaskKind.Causal);

    /// <summary>The models.</summary>
    public static IReadOnlyList<ModelShape> All { get; } =
    [
        new("Llama-2-7B", 32, 32, 128, 4096, _causal),
        new("Llama-3-8B", 32, 8, 128, 8192, _causal),
        new("Llama-3-70B", 64, 8, 128, 8192, _causal),
        new("Mistral-7B", 32, 8, 128, 32768, new(MaskKind.Window, 4096)),
        new("Qwen2.5-7B", 28, 4, 128, 32768, _causal),
        new("BERT-base", 12, 12, 64, 512, new(MaskKind.Full)),
        new("GPT-2", 12, 12, 64, 1024, _causal),
        new("Gemma-7B", 16, 16, 256, 8192, _causal),
    ];

    /// <summary>The model of a name; case does not matter.</summary>
    /// <exception cref="FormatException">There is none; the message has the names that there are.</exception>
    public static ModelShape Find(string name) =>
        All.FirstOrDefault(model => model.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? throw new FormatException($"The model is '{name}'; it must be one of {string.Join(", ", All.Select(model => model.Name))}.");

    /// <summary>A prompt, and for a model that writes, a step of decoding behind a longer one; neither longer than it knows.</summary>
    public IEnumerable<AttentionShape> Shapes()
    {
        int prompt = Math.Min(PromptTokens, Context);
        yield return new AttentionShape(1, Heads, KeyValueHeads, prompt, prompt, HeadDimension) { Mask = Mask };
        if (Mask.Kind != MaskKind.Full)
            yield return new AttentionShape(1, Heads, KeyValueHeads, 1, Math.Min(CachedTokens, Context), HeadDimension) { Mask = Mask };
    }
}
