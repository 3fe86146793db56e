namespace AttentionKernels.Tests.Attention.Variants;

/// <summary>Draws each of the library's masks, with its definition.</summary>
internal static class CombinationMasks
{
    /// <summary>No mask.</summary>
    public static DrawnMask<NoMask> Full(VariantDraw draw) => new(new NoMask(), _ => true, $"full of {draw.Problem.MaximumKeys}");

    /// <summary>Causal, of either alignment.</summary>
    public static DrawnMask<CausalMask> Causal(VariantDraw draw)
    {
        CausalAlignment alignment = draw.Random.Next(3) == 0 ? CausalAlignment.TopLeft : CausalAlignment.BottomRight;
        return new(
            new CausalMask(alignment),
            at => at.Key <= at.Query + (alignment == CausalAlignment.TopLeft ? 0 : at.KeyLength - at.QueryLength), $"causal {alignment}");
    }

    /// <summary>A window of any number of keys on either side.</summary>
    public static DrawnMask<SlidingWindowMask> Window(VariantDraw draw)
    {
        (int left, int right) = (Side(draw.Random), Side(draw.Random));
        return new(
            new SlidingWindowMask(left, right),
            at => at.Key - (long)at.QueryPosition <= right && at.QueryPosition - (long)at.Key <= left, $"window {left}, {right}");
    }

    /// <summary>Chunks of any size.</summary>
    public static DrawnMask<ChunkedMask> Chunked(VariantDraw draw)
    {
        int size = Size(draw.Random);
        return new(
            new ChunkedMask(size),
            at => at.QueryPosition >= 0 && at.Key / size == at.QueryPosition / size && at.Key <= at.QueryPosition, $"chunks of {size}");
    }

    /// <summary>A prefix for each sequence, longer than it too.</summary>
    public static DrawnMask<PrefixMask> Prefix(VariantDraw draw)
    {
        int[] lengths = VariantDraw.Numbers(draw.Problem.Batch, () => draw.Random.Next(draw.Problem.MaximumKeys + 5));
        return new(
            new PrefixMask(draw.Upload(lengths, lengths.Length)), at => at.Key <= at.QueryPosition || at.Key < lengths[at.Batch],
            $"prefixes {string.Join('+', lengths)}");
    }

    /// <summary>Documents of all sequences, or of each; empty ones too, and tokens outside of all.</summary>
    public static DrawnMask<DocumentMask> Document(VariantDraw draw)
    {
        bool isForAll = draw.Random.Next(2) == 0;
        int offsets = 2 + draw.Random.Next(5);
        int[][] tables = VariantDraw.Numbers(
            isForAll ? 1 : draw.Problem.Batch,
            () => VariantDraw.Numbers(offsets, () => draw.Random.Next(draw.Problem.MaximumKeys + 10)).Order().ToArray());
        int[] all = [.. tables.SelectMany(table => table)];
        Tensor<int> tensor = isForAll ? draw.Upload(all, offsets) : draw.Upload(all, tables.Length, offsets);
        return new(
            new DocumentMask(tensor), Allows, $"documents {string.Join(" and ", tables.Select(table => string.Join('+', table)))}");
        bool Allows(Position at) => MaskDefinitions.Document(tables[isForAll ? 0 : at.Batch], at.Key) is { } own &&
            own == MaskDefinitions.Document(tables[isForAll ? 0 : at.Batch], at.QueryPosition);
    }

    /// <summary>Blocks of any size, fewer columns of them than there are keys now and then.</summary>
    public static DrawnMask<BlockSparseMask> Blocks(VariantDraw draw)
    {
        (int queries, int keys) = (Size(draw.Random), Size(draw.Random));
        int rows = (draw.Problem.MaximumKeys / queries) + 1;
        int columns = Math.Max(1, (draw.Problem.MaximumKeys / keys) + draw.Random.Next(2));
        PairTable<int> index = draw.Pairs(rows, columns, () => draw.Random.Next(2));
        return new(new BlockSparseMask(index.Tensor, queries, keys), Allows, $"blocks of {queries}×{keys} by {index}");
        bool Allows(Position at) => at.QueryPosition >= 0 && at.Key / keys < columns &&
            index.At(at.Batch, at.Head, at.QueryPosition / queries, at.Key / keys) != 0;
    }

    /// <summary>A tree of all sequences, or of each.</summary>
    public static DrawnMask<TreeMask> Tree(VariantDraw draw)
    {
        int nodes = draw.Problem.MaximumQueries;
        int trees = draw.Random.Next(2) == 0 ? 1 : draw.Problem.Batch;
        int[] parents = [.. Enumerable.Range(0, trees * nodes).Select(node => draw.Random.Next(-1, node % nodes))];
        Tensor<int> tensor = trees == 1 ? draw.Upload(parents, nodes) : draw.Upload(parents, trees, nodes);
        return new(new TreeMask(tensor), Allows, $"{trees} trees");
        bool Allows(Position at)
        {
            int node = at.Key - (at.KeyLength - at.QueryLength);
            return node < 0 || MaskDefinitions.IsAncestor(parents.AsSpan(trees == 1 ? 0 : at.Batch * nodes, nodes), at.Query, node);
        }
    }

    /// <summary>Bits, words of ones and zeros among them.</summary>
    public static DrawnMask<BitMask> BitTable(VariantDraw draw)
    {
        PairTable<uint> words = draw.Pairs(draw.Problem.MaximumQueries, (draw.Problem.MaximumKeys + 31) / 32, Word);
        return new(
            new BitMask(words.Tensor),
            at => (words.At(at.Batch, at.Head, at.Query, at.Key / 32) & (1u << (at.Key % 32))) != 0, $"bits {words}");
        uint Word() => draw.Random.Next(4) switch { 0 => 0, 1 => uint.MaxValue, _ => (uint)draw.Random.NextInt64(1L << 32) };
    }

    /// <summary>Both of two.</summary>
    public static Func<VariantDraw, DrawnMask<AndMask<TFirst, TSecond>>> And<TFirst, TSecond>(
        Func<VariantDraw, DrawnMask<TFirst>> first, Func<VariantDraw, DrawnMask<TSecond>> second)
        where TFirst : struct, IMask<TFirst>
        where TSecond : struct, IMask<TSecond> => draw =>
        {
            (DrawnMask<TFirst> one, DrawnMask<TSecond> other) = (first(draw), second(draw));
            return new(one.Mask.And(other.Mask), at => one.Allows(at) && other.Allows(at), $"({one.Text}) and ({other.Text})");
        };

    /// <summary>Either of two.</summary>
    public static Func<VariantDraw, DrawnMask<OrMask<TFirst, TSecond>>> Or<TFirst, TSecond>(
        Func<VariantDraw, DrawnMask<TFirst>> first, Func<VariantDraw, DrawnMask<TSecond>> second)
        where TFirst : struct, IMask<TFirst>
        where TSecond : struct, IMask<TSecond> => draw =>
        {
            (DrawnMask<TFirst> one, DrawnMask<TSecond> other) = (first(draw), second(draw));
            return new(one.Mask.Or(other.Mask), at => one.Allows(at) || other.Allows(at), $"({one.Text}) or ({other.Text})");
        };

    private static int Size(Random random) => 1 + random.Next(random.Next(3) == 0 ? 100 : 20);

    private static int Side(Random random) => random.Next(6) switch
    {
        0 => 0,
        1 => SlidingWindowMask.Unlimited,
        _ => random.Next(random.Next(3) == 0 ? 150 : 20),
    };
}
