using System.Globalization;

namespace AttentionKernels.Problems;

/// <summary>Which keys a query attends to, as the command line names it.</summary>
internal enum MaskKind
{
    /// <summary>All keys: <c>full</c>.</summary>
    Full,

    /// <summary>The keys up to its own position: <c>causal</c>.</summary>
    Causal,

    /// <summary>The last so many of these: <c>window:256</c>.</summary>
    Window,

    /// <summary>Those of these that lie in its own chunk of so many: <c>chunked:256</c>.</summary>
    Chunked,
}

/// <summary>A mask.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Size">The keys of a window or a chunk; 0 where there is neither.</param>
internal readonly record struct MaskChoice(MaskKind Kind, int Size = 0)
{
    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    /// <exception cref="FormatException">The text names no mask, or a size that is none; the message says what it must be.</exception>
    public static MaskChoice Parse(string text)
    {
        string[] parts = text.Split(':');
        MaskKind? kind = Enum.GetValues<MaskKind>()
            .Where(kind => NameOf(kind) == parts[0]).Select(kind => (MaskKind?)kind).FirstOrDefault();
        bool hasSize = kind is MaskKind.Window or MaskKind.Chunked;
        int size = 0;
        if (kind is null || parts.Length != (hasSize ? 2 : 1)
            || (hasSize && (!int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out size) || size < 1)))
        {
            throw new FormatException($"The mask is '{text}'; it must be full, causal, window:N or chunked:N, with N at least 1.");
        }

        return new(kind.Value, size);
    }

    /// <summary>The first of the keys that a query attends to.</summary>
    /// <param name="position">Where the query stands in its sequence.</param>
    public int FirstKey(int position) => Kind switch
    {
        MaskKind.Window => Math.Max(0, position - Size + 1),
        MaskKind.Chunked => position / Size * Size,
        _ => 0,
    };

    /// <summary>How many keys a query attends to.</summary>
    /// <param name="position">Where the query stands in its sequence; below 0 where there are more queries than keys.</param>
    /// <param name="keys">The keys of the sequence.</param>
    public int KeysOf(int position, int keys) => Kind == MaskKind.Full ? keys : position < 0 ? 0 : position + 1 - FirstKey(position);

    /// <summary>As the command line has it.</summary>
    public override string ToString() => Size == 0 ? NameOf(Kind) : string.Create(CultureInfo.InvariantCulture, $"{NameOf(Kind)}:{Size}");

    private static string NameOf(MaskKind kind) => kind switch
    {
        MaskKind.Full => "full",
        MaskKind.Causal => "causal",
        MaskKind.Window => "window",
        _ => "chunked",
    };
}
