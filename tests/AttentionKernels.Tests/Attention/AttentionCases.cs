namespace AttentionKernels.Tests.Attention;

/// <summary>The sweep of odd shapes: edges of every tile, lengths and head dimensions that others test, and seeded random ones.</summary>
internal static class AttentionCases
{
    private static readonly int[] _headDimensions =
        [1, 2, 3, 7, 8, 15, 16, 17, 31, 32, 33, 40, 59, 63, 64, 65, 80, 96, 111, 127, 128, 129, 160, 192, 224, 255, 256];

    private static readonly (int Queries, int Keys)[] _lengths =
    [
        (0, 0), (0, 5), (5, 0), (1, 1), (1, 2), (2, 1), (1, 15), (1, 64), (1, 65), (1, 257), (2, 2), (3, 3), (3, 799), (15, 15), (15, 16), (16, 16),
        (16, 17), (17, 16), (31, 34), (33, 31), (63, 64), (64, 63), (64, 64), (65, 64), (64, 65), (65, 65), (68, 72), (90, 132), (97, 97), (1, 147), (1, 239),
        (113, 203), (108, 256), (127, 129), (128, 128), (129, 127), (200, 97), (7, 512), (127, 512),
    ];

    private static readonly (int Heads, int KeyValueHeads)[] _heads = [(1, 1), (2, 1), (2, 2), (3, 1), (4, 2), (6, 2), (6, 3), (8, 1), (5, 5)];

    /// <summary>All cases, each once.</summary>
    public static IReadOnlyList<AttentionCase> All { get; } = [.. Enumerate().Distinct()];

    /// <summary>A selection of small cases for what is slow: work-group kernels on the managed CPU, with a thread for each of theirs.</summary>
    public static IReadOnlyList<AttentionCase> Tiny { get; } =
    [
        new(1, 2, 1, 3, 5, 7, MaskKind.CausalBottomRight, MemoryLayout.Dense),
        new(1, 1, 1, 2, 70, 9, MaskKind.CausalBottomRight, MemoryLayout.Padded),
    ];

    /// <summary>Cases at the edges of the work-group kernels' tiles, with head dimensions for every number of column blocks.</summary>
    public static IReadOnlyList<AttentionCase> GroupEdges { get; } =
    [
        new(1, 1, 1, 1, 1, 1, MaskKind.Full, MemoryLayout.Dense),
        new(2, 4, 2, 5, 9, 19, MaskKind.CausalBottomRight, MemoryLayout.Dense),
        new(1, 2, 1, 63, 65, 64, MaskKind.CausalBottomRight, MemoryLayout.HeadsFirst),
        new(1, 2, 2, 65, 63, 33, MaskKind.CausalTopLeft, MemoryLayout.Padded),
        new(1, 3, 1, 64, 64, 63, MaskKind.CausalBottomRight, MemoryLayout.Dense),
        new(1, 1, 1, 130, 129, 64, MaskKind.CausalBottomRight, MemoryLayout.Dense),
        new(1, 2, 1, 66, 70, 65, MaskKind.CausalBottomRight, MemoryLayout.Dense),
        new(1, 2, 1, 7, 33, 128, MaskKind.CausalBottomRight, MemoryLayout.Padded),
        new(1, 2, 1, 9, 31, 129, MaskKind.CausalBottomRight, MemoryLayout.Dense),
        new(1, 1, 1, 67, 66, 200, MaskKind.CausalBottomRight, MemoryLayout.Dense),
        new(1, 2, 1, 3, 40, 256, MaskKind.CausalBottomRight, MemoryLayout.HeadsFirst),
        new(1, 1, 1, 5, 6, 400, MaskKind.CausalBottomRight, MemoryLayout.Dense),
        new(1, 1, 1, 0, 5, 8, MaskKind.CausalBottomRight, MemoryLayout.Dense),
        new(1, 2, 1, 5, 0, 8, MaskKind.CausalBottomRight, MemoryLayout.Dense),
        new(0, 2, 1, 5, 5, 8, MaskKind.CausalBottomRight, MemoryLayout.Dense),
        new(2, 8, 1, 2, 300, 40, MaskKind.CausalBottomRight, MemoryLayout.Padded),
        new(1, 9, 1, 1, 100, 64, MaskKind.Full, MemoryLayout.Dense),
    ];

    private static IEnumerable<AttentionCase> Enumerate()
    {
        var random = new Random(20_26);
        MaskKind[] masks = Enum.GetValues<MaskKind>();
        MemoryLayout[] layouts = Enum.GetValues<MemoryLayout>();

        // Every length with every mask, the other sizes at random; every head dimension with every layout.
        foreach ((int queries, int keys) in _lengths)
        {
            foreach (MaskKind mask in masks)
            {
                (int heads, int keyValueHeads) = Pick(_heads);
                yield return new AttentionCase(1 + random.Next(2), heads, keyValueHeads, queries, keys, Pick([8, 16, 19, 32, 40]), mask, Pick(layouts));
            }
        }

        foreach (int dimension in _headDimensions)
        {
            foreach (MemoryLayout layout in layouts)
                yield return new AttentionCase(1, 2, 1, 5 + random.Next(20), 5 + random.Next(60), dimension, Pick(masks), layout);
        }

        foreach ((int heads, int keyValueHeads) in _heads)
            yield return new AttentionCase(3, heads, keyValueHeads, 9, 21, 24, MaskKind.CausalBottomRight, Pick(layouts));

        yield return new AttentionCase(0, 2, 1, 4, 4, 8, MaskKind.Full, MemoryLayout.Dense);
        yield return new AttentionCase(1, 1, 1, 4, 6, 300, MaskKind.CausalBottomRight, MemoryLayout.Dense);
        yield return new AttentionCase(1, 2, 1, 3, 5, 512, MaskKind.Full, MemoryLayout.Padded);
        yield return new AttentionCase(1, 1, 1, 200, 257, 64, MaskKind.CausalBottomRight, MemoryLayout.Dense);
        yield return new AttentionCase(1, 1, 1, 384, 384, 16, MaskKind.CausalBottomRight, MemoryLayout.Dense);
        yield return new AttentionCase(1, 1, 1, 256, 768, 8, MaskKind.CausalBottomRight, MemoryLayout.Dense);
        yield return new AttentionCase(1, 1, 1, 1023, 1024, 8, MaskKind.CausalBottomRight, MemoryLayout.Dense);
        yield return new AttentionCase(1, 1, 1, 16, 20_000, 8, MaskKind.CausalBottomRight, MemoryLayout.Dense);

        for (int count = 0; count < 60; count++)
        {
            (int heads, int keyValueHeads) = Pick(_heads);
            yield return new AttentionCase(
                1 + random.Next(3), heads, keyValueHeads, 1 + random.Next(80), 1 + random.Next(120), 1 + random.Next(96), Pick(masks), Pick(layouts));
        }

        T Pick<T>(T[] choices) => choices[random.Next(choices.Length)];
    }
}
