using AttentionKernels.MicroKernels;

namespace AttentionKernels.Launching;

/// <summary>Some items of one head of one token: numbers, or pairs of them.</summary>
/// <param name="Batch">The sequence.</param>
/// <param name="Token">Its token.</param>
/// <param name="Head">The head.</param>
/// <param name="First">The first item.</param>
/// <param name="End">One past the last item.</param>
internal readonly record struct HeadTile(int Batch, int Token, int Head, int First, int End);

/// <summary>The heads of tokens, each cut into tiles of its items, in closed form: neighbours lie side by side.</summary>
internal struct HeadTiles
{
    /// <summary>Tokens of a sequence.</summary>
    public int Tokens;

    /// <summary>Heads of a token.</summary>
    public int Heads;

    /// <summary>Items of a head.</summary>
    public int Items;

    /// <summary>Items of a tile, but for the last of a head.</summary>
    public int Length;

    private readonly int PerHead => (Items + Length - 1) / Length;

    /// <summary>How many tiles so many sequences have.</summary>
    public readonly long Count(long batch) => batch * Tokens * Heads * PerHead;

    /// <summary>The n-th tile.</summary>
    public readonly HeadTile At(long index)
    {
        Division head = Division.Of(index, PerHead);
        Division token = Division.Of(head.Quotient, Heads);
        Division batch = Division.Of(token.Quotient, Tokens);
        int first = head.Remainder * Length;
        return new HeadTile((int)batch.Quotient, batch.Remainder, token.Remainder, first, Math.Min(first + Length, Items));
    }
}
