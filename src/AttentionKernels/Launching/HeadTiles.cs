using AttentionKernels.MicroKernels;

namespace AttentionKernels.Launching;

/// <summary>An item of one head of one token: numbers, or pairs of them.</summary>
/// <param name="Batch">The sequence.</param>
/// <param name="Token">Its token.</param>
/// <param name="Head">The head.</param>
/// <param name="Item">The item.</param>
internal readonly record struct HeadTile(int Batch, int Token, int Head, int Item);

/// <summary>The heads of tokens, each cut into its items, in closed form: neighbours lie side by side.</summary>
internal struct HeadTiles
{
    /// <summary>Tokens of a sequence.</summary>
    public int Tokens;

    /// <summary>Heads of a token.</summary>
    public int Heads;

    /// <summary>Items of a head.</summary>
    public int Items;

    /// <summary>How many tiles so many sequences have.</summary>
    public readonly long Count(long batch) => batch * Tokens * Heads * Items;

    /// <summary>The n-th tile.</summary>
    public readonly HeadTile At(long index)
    {
        Division head = Division.Of(index, Items);
        Division token = Division.Of(head.Quotient, Heads);
        Division batch = Division.Of(token.Quotient, Tokens);
        return new HeadTile((int)batch.Quotient, batch.Remainder, token.Remainder, head.Remainder);
    }
}
