using System.Globalization;

namespace AttentionKernels.Problems;

/// <summary>Groups of attention.</summary>
internal static class AttentionGroups
{
    private const int PageSize = 16;

    /// <summary>The ways to compute one shape: over tensors by each algorithm that suits it, and over pages.</summary>
    /// <param name="shape">The shape.</param>
    /// <param name="types">How keys and values are stored; in pages alone where tensors do not have it.</param>
    /// <param name="naive">Whether naive attention is among them, which is slow.</param>
    /// <param name="inputs">Where the numbers come from; normal ones where it is left out.</param>
    /// <param name="pageSizes">The tokens of a page; 16 where there is none.</param>
    public static BenchGroup OfShape(
        AttentionShape shape, IReadOnlyList<DataType> types, bool naive = false, IInputs? inputs = null, params IReadOnlyList<int> pageSizes)
    {
        if (shape.Common > 0)
            return OfCascade(shape, shape.Type is { } stored ? [stored] : types, inputs);
        IAttentionProblem problem = Problem(shape, inputs);
        List<BenchCase> cases = [];
        if (shape.Type is { } only)
            types = [only];
        foreach (DataType type in types)
        {
            if (shape.PageSize is { } pageSize)
            {
                cases.Add(problem.Paged("paged", type, pageSize));
                continue;
            }

            if (type.IsOfTensors)
            {
                if (naive)
                    cases.Add(problem.Contiguous("naive", type, AttentionAlgorithm.Naive));
                cases.Add(problem.Contiguous("tiled", type, AttentionAlgorithm.Tiled));
                if (shape.IsDecode)
                    cases.Add(problem.Contiguous("split-KV", type, AttentionAlgorithm.SplitKv));
            }

            foreach (int size in pageSizes.Count == 0 ? [PageSize] : pageSizes)
                cases.Add(problem.Paged(size == PageSize ? "paged" : PagesOf(size), type, size));
        }

        return Group(NameOf(shape), shape, cases);
    }

    /// <summary>Pages of several sizes beside contiguous tensors: the same bits, found through a block table.</summary>
    public static BenchGroup OfPageSizes(AttentionShape shape, DataType type, params IReadOnlyList<int> pageSizes)
    {
        IAttentionProblem problem = Problem(shape);
        return Group($"paged {NameOf(shape)}", shape,
        [
            problem.Contiguous("contiguous", type),
            .. pageSizes.Select(size => problem.Paged(PagesOf(size), type, size)),
        ]);
    }

    /// <summary>Pages of several types.</summary>
    public static BenchGroup OfPageTypes(AttentionShape shape, IReadOnlyList<DataType> types)
    {
        IAttentionProblem problem = Problem(shape);
        return Group($"stored {NameOf(shape)}", shape, [.. types.Select(type => problem.Paged("paged", type, PageSize))]);
    }

    /// <summary>Tokens in common, attended to by each sequence for itself, and once for all.</summary>
    public static BenchGroup OfCascade(AttentionShape shape, IReadOnlyList<DataType> types, IInputs? inputs = null)
    {
        IAttentionProblem problem = Problem(shape, inputs);
        int size = shape.PageSize ?? PageSize;
        return Group("common prefix", shape,
        [
            .. types.SelectMany(type => (BenchCase[])
            [
                problem.Paged("each by itself", type, size), problem.Paged("cascade", type, size, cascades: true),
            ]),
        ]);
    }

    /// <summary>Masks and score modifiers beside causal attention without any: what leaves keys out takes less time.</summary>
    public static BenchGroup OfVariants(AttentionShape shape, DataType type)
    {
        const int Window = 256;
        const float Cap = 50f;
        float[] sinks = SeededNumbers.Normal(seed: 6, shape.Heads);
        return Group("variants", shape,
        [
            Case("causal", _ => new CausalMask(), _ => new NoModifier()),
            Case("window of 256", _ => new SlidingWindowMask(Window - 1), _ => new NoModifier()),
            Case("8 documents", row => new CausalMask().And(new DocumentMask(Documents(row, shape))), _ => new NoModifier()),
            Case("tenth of blocks", row => new CausalMask().And(Blocks(row, shape, heads: 1)), _ => new NoModifier()),
            Case("blocks by head", row => new CausalMask().And(Blocks(row, shape, shape.Heads)), _ => new NoModifier()),
            Case("ALiBi", _ => new CausalMask(), _ => new AlibiBias(shape.Heads)),
            Case("soft cap", _ => new CausalMask(), _ => new SoftCap(Cap)),
            Case("sinks", _ => new CausalMask(), row => new AttentionSinks(row.Upload(sinks, [shape.Heads])), head => sinks[head]),
        ], isChoice: false);

        BenchCase Case<TMask, TModifier>(
            string name, Func<PreparedRow, TMask> mask, Func<PreparedRow, TModifier> modifier, Func<int, float>? sink = null)
            where TMask : struct, IMask<TMask>
            where TModifier : struct, IScoreModifier<TModifier> =>
            new AttentionProblem<TMask, TModifier>(shape, mask, modifier)
            {
                CountsOperations = typeof(TMask) == typeof(CausalMask),
                Sink = sink,
            }.Contiguous(name, type);
    }

    private static BenchGroup Group(string operation, AttentionShape shape, IReadOnlyList<BenchCase> cases, bool isChoice = true) =>
        new(operation, shape.ToString(), cases, HasColdRows: shape.IsDecode, isChoice);

    private static string NameOf(AttentionShape shape) => shape.IsDecode ? "decode" : "prefill";

    private static string PagesOf(int size) => string.Create(CultureInfo.InvariantCulture, $"pages of {size}");

    /// <summary>Attention of a shape under the mask that it has.</summary>
    /// <param name="shape">The shape.</param>
    /// <param name="inputs">Where the numbers come from; normal ones where it is left out.</param>
    public static IAttentionProblem Problem(AttentionShape shape, IInputs? inputs = null)
    {
        return shape.Mask.Kind switch
        {
            MaskKind.Full => Of(new NoMask()),
            MaskKind.Causal => Of(new CausalMask()),
            MaskKind.Window => Of(new SlidingWindowMask(shape.Mask.Size - 1)),
            _ => Of(new ChunkedMask(shape.Mask.Size)),
        };

        IAttentionProblem Of<TMask>(TMask mask)
            where TMask : struct, IMask<TMask> => new AttentionProblem<TMask, NoModifier>(shape, _ => mask, _ => default)
            {
                Inputs = inputs ?? new NormalInputs(),
            };
    }

    // The offsets of documents of the same length.
    private static Tensor<int> Documents(PreparedRow row, AttentionShape shape)
    {
        const int Documents = 8;
        return row.Upload([.. Enumerable.Range(0, Documents + 1).Select(document => shape.Keys / Documents * document)], [Documents + 1]);
    }

    // A tenth of the causal blocks of 64 × 64, the diagonal ones among them.
    private static BlockSparseMask Blocks(PreparedRow row, AttentionShape shape, int heads)
    {
        const int Block = 64, OneInBlocks = 10;
        var random = new Random(7);
        int blocks = shape.Keys / Block;
        int[] index = new int[heads * blocks * blocks];
        for (int place = 0; place < index.Length; place++)
        {
            int query = place / blocks % blocks;
            int key = place % blocks;

            // As many of the others as make a tenth with the diagonal.
            double share = ((query + 1.0) / OneInBlocks - 1) / Math.Max(query, 1);
            index[place] = key == query || (key < query && random.NextDouble() < share) ? 1 : 0;
        }

        return new BlockSparseMask(row.Upload(index, heads == 1 ? [blocks, blocks] : [heads, blocks, blocks]), Block, Block);
    }
}
