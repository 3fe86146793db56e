using System.Globalization;

namespace AttentionKernels.Tests.Attention;

/// <summary>Which of the library's masks a case uses.</summary>
public enum MaskKind
{
    Full,
    CausalBottomRight,
    CausalTopLeft,
}

/// <summary>How the tensors of a case lie in memory.</summary>
public enum MemoryLayout
{
    /// <summary>[batch, tokens, heads, headDim], dense.</summary>
    Dense,

    /// <summary>Gaps behind every head, filled with NaN.</summary>
    Padded,

    /// <summary>Stored as [batch, heads, tokens, headDim].</summary>
    HeadsFirst,

    /// <summary>Gaps behind every head of values alone, filled with NaN.</summary>
    PaddedValues,
}

/// <summary>One attention problem of the sweep, written as one line so that a test's name says all.</summary>
public sealed record AttentionCase(
    int Batch, int Heads, int KeyValueHeads, int Queries, int Keys, int HeadDimension, MaskKind Mask, MemoryLayout Layout)
{
    /// <summary>A number that seeds the case's data; equal cases have equal data.</summary>
    public int Seed => HashCode(Batch, Heads, KeyValueHeads, Queries, Keys, HeadDimension);

    public TensorShape QueryShape => [Batch, Queries, Heads, HeadDimension];

    public TensorShape KeyShape => [Batch, Keys, KeyValueHeads, HeadDimension];

    public TensorShape StateShape => [Batch, Heads, Queries];

    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    public static AttentionCase Parse(string text)
    {
        string[] parts = text.Split(' ');
        int[] sizes = [.. parts[0].Split('x', '/').Select(part => int.Parse(part, CultureInfo.InvariantCulture))];
        return new AttentionCase(sizes[0], sizes[1], sizes[2], sizes[3], sizes[4], sizes[5], Enum.Parse<MaskKind>(parts[1]), Enum.Parse<MemoryLayout>(parts[2]));
    }

    public override string ToString() => $"{Batch}x{Heads}/{KeyValueHeads}x{Queries}x{Keys}x{HeadDimension} {Mask} {Layout}";

    // System.HashCode differs from process to process.
    private static int HashCode(params ReadOnlySpan<int> values)
    {
        uint hash = 17;
        foreach (int value in values)
            hash = (hash * 31) + (uint)value;
        return (int)(hash & int.MaxValue);
    }
}
