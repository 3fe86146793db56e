namespace AttentionKernels.Bench;

/// <summary>Which groups a suite has.</summary>
internal static class Suites
{
    /// <summary>The suites, first the one that is run where none is named.</summary>
    public static IReadOnlyList<string> Names { get; } = ["quick", "full", "paged", "cascade", "lengths"];

    /// <summary>The groups of a suite.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="types">How numbers are to be stored; each group's own choice where there is none.</param>
    public static IEnumerable<BenchGroup> Groups(string name, IReadOnlyList<DataType> types)
    {
        Stored stored = new(types);
        return name switch
        {
            "quick" => Quick(stored),
            "full" => [.. Full(stored), .. Paged(stored), .. Cascade(stored)],
            "paged" => Paged(stored),
            "cascade" => Cascade(stored),
            _ => Lengths(stored),
        };
    }

    /// <summary>The groups of shapes that a user asks for.</summary>
    public static IEnumerable<BenchGroup> Groups(IEnumerable<AttentionShape> shapes, IReadOnlyList<DataType> types) =>
        shapes.Select(shape => AttentionGroups.OfShape(shape, new Stored(types).Or("fp32", "fp16")));

    private static IEnumerable<BenchGroup> Quick(Stored stored) =>
    [
        AttentionGroups.OfShape(new(1, 32, 8, 1, 4096, 128), stored.Or("fp32", "int8")),
        AttentionGroups.OfShape(new(1, 8, 8, 512, 512, 64), stored.Or("fp32"), naive: true),
        AttentionGroups.OfShape(new(1, 8, 2, 1024, 1024, 128), stored.Or("fp32", "bf16")),
        .. stored.Tensors("fp32").Select(type => AttentionGroups.OfVariants(new(1, 4, 4, 1024, 1024, 64), type)),
        .. stored.Rows(RowGroups.Norms(1024, 4096), RowGroups.Rotary(1024, 32, 128), RowGroups.Launches()),
    ];

    private static IEnumerable<BenchGroup> Full(Stored stored) =>
    [
        .. ((AttentionShape[])
        [
            new(1, 32, 8, 1, 4096, 128), new(8, 32, 8, 1, 4096, 128), new(8, 32, 32, 1, 1024, 128), new(1, 32, 8, 1, 32768, 128),
            new(1, 8, 8, 1024, 1024, 64), new(1, 8, 8, 1024, 1024, 64) { Mask = new(MaskKind.Full) }, new(1, 8, 2, 1024, 1024, 128),
            new(1, 8, 8, 4096, 4096, 64), new(1, 8, 2, 4096, 4096, 128) { Mask = new(MaskKind.Window, 1024) },
        ]).Select(shape => AttentionGroups.OfShape(shape, stored.Or("fp32", "fp16", "bf16"))),
        .. stored.Tensors("fp32").SelectMany(type => (BenchGroup[])
        [
            AttentionGroups.OfVariants(new(1, 4, 4, 8192, 8192, 64), type), AttentionGroups.OfVariants(new(1, 8, 2, 4096, 4096, 128), type),
        ]),
        .. stored.Rows(
            RowGroups.Norms(1024, 1024), RowGroups.Norms(4096, 4096), RowGroups.Rotary(1, 32, 128), RowGroups.Rotary(4096, 32, 128),
            RowGroups.Launches()),
    ];

    private static IEnumerable<BenchGroup> Paged(Stored stored) =>
    [
        .. stored.Tensors("fp32").Select(type => AttentionGroups.OfPageSizes(new(8, 32, 8, 1, 4096, 128), type, 16, 1, 256)),
        .. ((AttentionShape[])[new(4, 32, 32, 1, 4096, 128), new(8, 32, 8, 1, 4096, 128)])
            .Select(shape => AttentionGroups.OfPageTypes(shape, stored.Or([.. DataType.All.Select(type => type.Name)]))),
    ];

    private static IEnumerable<BenchGroup> Cascade(Stored stored) =>
        ((AttentionShape[])[new(32, 32, 32, 1, 4224, 128) { Common = 4096 }, new(32, 32, 8, 1, 4224, 128) { Common = 4096 }])
            .Select(shape => AttentionGroups.OfCascade(shape, stored.Or("fp32")));

    // What differs in its keys alone, for the charts of time against length.
    private static IEnumerable<BenchGroup> Lengths(Stored stored) =>
    [
        .. ((int[])[256, 1024, 4096, 16384]).Select(
            keys => AttentionGroups.OfShape(new(1, 32, 8, 1, keys, 128), stored.Or("fp32", "int8"))),
        .. ((int[])[256, 512, 1024, 2048]).Select(keys => AttentionGroups.OfShape(new(1, 8, 2, keys, keys, 128), stored.Or("fp32"))),
    ];

    /// <summary>The types that a user wants, or else a group's own.</summary>
    private sealed record Stored(IReadOnlyList<DataType> Wanted)
    {
        public IReadOnlyList<DataType> Or(params string[] names) => Wanted.Count > 0 ? Wanted : [.. names.Select(DataType.Find)];

        public IEnumerable<DataType> Tensors(params string[] names) => Or(names).Where(type => type.IsOfTensors);

        // Groups that have fp32 alone.
        public BenchGroup[] Rows(params BenchGroup[] groups) => Or("fp32").Contains(DataType.Float32) ? groups : [];
    }
}
