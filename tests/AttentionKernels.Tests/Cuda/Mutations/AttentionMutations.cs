using AttentionKernels.Tests.Attention;
using AttentionKernels.Tests.Infrastructure;
using AttentionKernels.Tests.KeyValueCache;

namespace AttentionKernels.Tests.Cuda.Mutations;

/// <summary>Attention for <see cref="MutationCases"/>: ends of tiles of rows, keys and columns, tiles of rows without keys, with and
/// without log-sum-exp.</summary>
internal static class AttentionMutations
{
    private const int PageSize = 5;

    private static readonly ContiguousShape[] _shapes =
    [
        new(3, 130, Heads: 3, States: true, CausalAlignment.BottomRight),
        new(70, 67, Heads: 3, States: false, CausalAlignment.BottomRight, IsInfinite: true),
        new(66, 80, Heads: 1, States: true, CausalAlignment.TopLeft, IsInfinite: true),
        new(70, 10, Heads: 1, States: true, CausalAlignment.TopLeft),
    ];

    // The longest sequence is the last row of the block table; the second one has a page that is none.
    private static readonly PagedShape[] _pages =
    [
        new([1, 1, 0, 4, 2, 51], [20, 9, 2, 70, 70, 131], Heads: 3, States: true, CausalAlignment.BottomRight),
        new([1, 1, 0, 4, 2, 51], [20, 9, 2, 30, 30, 80], Heads: 3, States: false, CausalAlignment.TopLeft, IsInfinite: true),
        new([3, 3, 3], [20, 9, 70], Heads: 3, States: true, CausalAlignment.BottomRight, IsInfinite: true),
    ];

    // Splits of several tiles of 128 keys.
    private static readonly PagedShape[] _decodePages =
    [
        new([1, 1, 0, 4, 2, 7], [20, 9, 2, 70, 300, 531], Heads: 3, States: true, CausalAlignment.BottomRight),
        new([1, 1, 7], [20, 9, 301], Heads: 3, States: false, CausalAlignment.BottomRight, IsInfinite: true),
        new([2, 1, 7], [20, 9, 5], Heads: 3, States: true, CausalAlignment.TopLeft, IsInfinite: true),
    ];

    // More heads over a kv head than decoding takes, and so many that a quarter of a warp's rows, and of each quarter others, are computed once
    // more. With one head of 70 queries more than a tile of keys is before those of the last row's window.
    private static readonly (int HeadDimension, ContiguousShape Shape)[] _tensorCoreShapes =
    [
        (72, new(3, 203, Heads: 17, States: true, CausalAlignment.BottomRight, IsInfinite: true)),
        (72, new(3, 203, Heads: 9, States: true, CausalAlignment.BottomRight, IsInfinite: true)),
        (80, new(70, 67, Heads: 3, States: false, CausalAlignment.BottomRight)),
        (72, new(110, 20, Heads: 3, States: true, CausalAlignment.BottomRight, IsInfinite: true)),
        (72, new(130, 340, Heads: 1, States: true, CausalAlignment.BottomRight)),
    ];

    private static readonly (int HeadDimension, PagedShape Shape)[] _tensorCorePages =
    [
        (80, new([3, 1, 0, 9], [203, 9, 2, 205], Heads: 17, States: true, CausalAlignment.BottomRight, IsInfinite: true)),
        (80, new([1, 0, 3], [9, 2, 203], Heads: 9, States: true, CausalAlignment.BottomRight, IsInfinite: true) { KeyIsFinite = true }),
        (72, new([3, 1, 0, 130], [50, 9, 2, 340], Heads: 1, States: false, CausalAlignment.BottomRight)),
    ];

    // A token that is no number, one scale for all of its numbers, is recomputed around for all of them: few rows.
    private static readonly (int HeadDimension, PagedShape Shape)[] _tensorCoreInt8Pages =
    [
        (80, new([3, 1, 0, 9], [203, 9, 2, 205], Heads: 17, States: true, CausalAlignment.BottomRight)),
        (72, new([3, 1, 0, 130], [50, 9, 2, 340], Heads: 1, States: false, CausalAlignment.BottomRight)),
        (72, new([1, 1, 2], [9, 5, 100], Heads: 17, States: true, CausalAlignment.BottomRight, IsInfinite: true)),
    ];

    private static readonly ContiguousShape[] _tensorCoreDecodes =
    [
        new(3, 408, Heads: 3, States: true, CausalAlignment.BottomRight, IsInfinite: true) { Gap = 8 },
        new(7, 23, Heads: 3, States: false, CausalAlignment.BottomRight) { Gap = 8 },
        new(2, 5, Heads: 3, States: true, CausalAlignment.BottomRight) { Gap = 8 },
    ];

    private static readonly SlidingWindow _window = new(250);

    private static readonly AttentionOptions[] _tensorCore =
    [
        new() { Algorithm = AttentionAlgorithm.Tiled, Schedule = KernelSchedule.TensorCore },
        new() { Algorithm = AttentionAlgorithm.SplitKv, Schedule = KernelSchedule.TensorCore, Splits = 2 },
    ];

    /// <summary>Causal attention to contiguous fp32 keys and values.</summary>
    public static IEnumerable<byte[]> Contiguous(AttentionDevice device, AttentionAlgorithm algorithm, params int[] headDimensions)
    {
        KernelSchedule? schedule = algorithm == AttentionAlgorithm.Naive ? null : KernelSchedule.Simt;
        var options = new AttentionOptions { Algorithm = algorithm, Schedule = schedule };
        return from dimension in headDimensions
               from shape in _shapes
               from bytes in Run(device, StoredType.Float32, options, new CausalMask(shape.Alignment), dimension, shape)
               select bytes;
    }

    /// <summary>Causal attention of fp64, to values of a dimension of their own.</summary>
    public static IEnumerable<byte[]> Reference(AttentionDevice device)
    {
        foreach (ContiguousShape shape in _shapes)
        {
            TensorShape query = [2, shape.Queries, shape.Heads, 5];
            TensorShape key = [2, shape.Keys, 1, 5];
            TensorShape value = key.With(3, 3);
            using Tensor<double> queryRows = Doubles(1, query);
            using Tensor<double> keyRows = Doubles(2, key);
            using Tensor<double> valueRows = Doubles(3, value);
            using Tensor<double> output = Doubles(4, query.With(3, 3));
            using Tensor<double> logSumExp = Doubles(5, [2, shape.Heads, shape.Queries]);
            ReferenceAttentionPlan plan = device.PlanReferenceAttention(new CausalMask(shape.Alignment));
            plan.Run(queryRows, keyRows, valueRows, output, shape.States ? logSumExp.View : null);
            yield return MutationCases.Bytes(output);
            yield return MutationCases.Bytes(logSumExp);
        }

        Tensor<double> Doubles(int seed, TensorShape shape) =>
            device.Upload(Array.ConvertAll(RandomData.Normal(seed, shape), number => (double)number), shape);
    }

    /// <summary>Attention of queries of int8 with scales of their own.</summary>
    public static IEnumerable<byte[]> Quantized(AttentionDevice device)
    {
        TensorShape query = [2, 3, 2, 5];
        var formats = new QuantizedFormats(NumberFormat.Int8, NumberFormat.Int8, NumberFormat.Int8);
        using Tensor<sbyte> rows = device.Upload([.. Enumerable.Range(-30, 60).Select(number => (sbyte)number)], query);
        using Tensor<float> scales = device.Upload(RandomData.Normal(1, 12), [2, 3, 2]);
        using Tensor<float> output = device.Allocate<float>(query);
        using Tensor<float> logSumExp = device.Allocate<float>([2, 2, 3]);
        using QuantizedAttentionPlan<float> plan = device.PlanQuantizedAttention(
            query, query, new CausalMask(), NumberFormat.Float32, formats, new AttentionOptions { Schedule = KernelSchedule.Simt });
        plan.Run(new QuantizedTensor(rows, scales), new QuantizedTensor(rows), new QuantizedTensor(rows), output, logSumExp.View);
        yield return MutationCases.Bytes(output);
        yield return MutationCases.Bytes(logSumExp);
    }

    /// <summary>Causal attention of fp32 queries to pages.</summary>
    public static IEnumerable<byte[]> Paged(
        AttentionDevice device, NumberFormat format, AttentionAlgorithm algorithm, params int[] headDimensions) =>
        Paged(device, format, algorithm, splits: 2, headDimensions);

    /// <summary>Likewise, with so many splits where there are some.</summary>
    public static IEnumerable<byte[]> Paged(
        AttentionDevice device, NumberFormat format, AttentionAlgorithm algorithm, int splits, int[] headDimensions)
    {
        var options = new AttentionOptions
        {
            Algorithm = algorithm,
            Schedule = KernelSchedule.Simt,
            Splits = algorithm == AttentionAlgorithm.SplitKv ? splits : null,
        };
        return from dimension in headDimensions
               from shape in algorithm == AttentionAlgorithm.SplitKv ? _decodePages : _pages
               from bytes in Run(device, StoredType.Float32, format, options, new CausalMask(shape.Alignment), dimension, shape)
               select bytes;
    }

    /// <summary>Attention of fp16 by tensor cores with a sliding window, whole and split.</summary>
    public static IEnumerable<byte[]> TensorCore(AttentionDevice device) =>
        from options in _tensorCore
        from shape in _tensorCoreShapes
        from bytes in Run(device, StoredType.Float16, options, _window, shape.HeadDimension, shape.Shape)
        select bytes;

    /// <summary>Decoding of fp16 by tensor cores with a sliding window: rows that end within a block, with NaN behind them.</summary>
    public static IEnumerable<byte[]> TensorCoreDecode(AttentionDevice device) =>
        from shape in _tensorCoreDecodes
        from bytes in Run(device, StoredType.Float16, _tensorCore[1], _window, 72, shape)
        select bytes;

    /// <summary>The same of fp32 queries to int8 pages: whole blocks.</summary>
    public static IEnumerable<byte[]> TensorCoreDecodePaged(AttentionDevice device) =>
        from shape in _decodePages
        from bytes in Run(device, StoredType.Float32, NumberFormat.Int8, _tensorCore[1], new CausalMask(shape.Alignment), 128, shape)
        select bytes;

    /// <summary>Attention of fp16 to pages by tensor cores with a sliding window, whole and split.</summary>
    public static IEnumerable<byte[]> TensorCorePaged(AttentionDevice device) =>
        from options in _tensorCore
        from shape in _tensorCorePages
        from bytes in Run(device, StoredType.Float16, NumberFormat.Float16, options, _window, shape.HeadDimension, shape.Shape)
        select bytes;

    /// <summary>The same to int8 pages.</summary>
    public static IEnumerable<byte[]> TensorCoreInt8Pages(AttentionDevice device) =>
        from options in _tensorCore
        from shape in _tensorCoreInt8Pages
        from bytes in Run(device, StoredType.Float16, NumberFormat.Int8, options, _window, shape.HeadDimension, shape.Shape)
        select bytes;

    // The last key, which is masked for most queries, has infinite values: tiles compute NaN of them, and then outputs once more.
    private static IEnumerable<byte[]> Run<T, TMask>(
        AttentionDevice device, StoredType<T> stored, AttentionOptions options, TMask mask, int dimension, ContiguousShape shape)
        where T : unmanaged
        where TMask : struct, IMask<TMask>
    {
        TensorShape query = [1, shape.Queries, shape.Heads, dimension];
        TensorShape key = [1, shape.Keys, 1, dimension];
        TensorShape storedKey = [1, shape.Keys, 1, dimension + shape.Gap];
        float[] keys = RandomData.Normal(2, storedKey);
        float[] values = RandomData.Normal(3, storedKey);
        for (int index = 0; index < keys.Length; index++)
        {
            if (index % (dimension + shape.Gap) >= dimension)
                keys[index] = values[index] = float.NaN;
        }

        // Some scores are −∞, of which zeros times what is behind a row must not make NaN.
        for (int row = 0; shape.Gap > 0 && row < shape.Keys; row += 7)
            keys[row * (dimension + shape.Gap)] = float.PositiveInfinity;

        if (shape.IsInfinite)
            values[^(dimension + shape.Gap)] = values[^(1 + shape.Gap)] = float.PositiveInfinity;
        using Tensor<T> queryRows = device.Upload(stored.Store(RandomData.Normal(1, query)), query);
        using Tensor<T> storedKeys = device.Upload(stored.Store(keys), storedKey);
        using Tensor<T> storedValues = device.Upload(stored.Store(values), storedKey);
        TensorView<T> keyRows = storedKeys.View.Slice(3, 0, dimension);
        TensorView<T> valueRows = storedValues.View.Slice(3, 0, dimension);
        using Tensor<T> output = device.Allocate<T>(query);
        using Tensor<float> logSumExp = device.Allocate<float>([1, shape.Heads, shape.Queries]);
        using AttentionPlan<T> plan = device.PlanAttention(query, key, mask, new NoModifier(), stored.Type, options);
        plan.Run(queryRows, keyRows, valueRows, output, shape.States ? logSumExp.View : null);
        yield return MutationCases.Bytes(output);
        yield return MutationCases.Bytes(logSumExp);
    }

    private static IEnumerable<byte[]> Run<T, TMask>(
        AttentionDevice device, StoredType<T> stored, NumberFormat format, AttentionOptions options, TMask mask, int dimension,
        PagedShape shape)
        where T : unmanaged
        where TMask : struct, IMask<TMask>
    {
        CacheOptions storage = PagedRunner.DefaultStorage with { KeyFormat = format, ValueFormat = format };
        using var runner = new PagedRunner(device, 3, shape.Queries, shape.Keys, shape.Heads, 1, dimension, PageSize, storage);
        int last = shape.Keys.Length - 1;
        float[] keyNumbers = RandomData.Normal(1, dimension);
        float[] numbers = RandomData.Normal(2, dimension);
        if (shape.IsInfinite)
            numbers[0] = float.PositiveInfinity;
        if (shape.IsInfinite && !shape.KeyIsFinite)
            keyNumbers[^1] = float.PositiveInfinity;
        using Tensor<float> key = device.Upload(keyNumbers, [1, 1, dimension]);
        using Tensor<float> value = device.Upload(numbers, [1, 1, dimension]);
        using Tensor<long> slot = device.Upload([runner.Table.Slot(last, shape.Keys[last] - 1)], [1]);
        runner.Cache.Append(key, value, slot);
        int[] pages = [.. Enumerable.Range(0, last + 1).SelectMany(sequence => runner.Table.Pages(sequence).ToArray())];
        pages[runner.Table.PagesPerSequence] = -1;
        using Tensor<int> entries = device.Upload(pages, [last + 1, runner.Table.PagesPerSequence]);
        using Tensor<int> lengths = device.Upload(shape.Keys, [last + 1]);
        using var table = new BlockTable(runner.Cache, entries, lengths);
        int tokens = shape.Queries.Sum();
        using Tensor<T> query = device.Upload(stored.Store([.. runner.Queries.SelectMany(row => row)]), [tokens, shape.Heads, dimension]);
        using PagedAttentionPlan<T> plan = device.PlanPagedAttention(
            table, shape.Heads, shape.Queries.Max(), mask, new NoModifier(), stored.Type, options);
        using Tensor<T> output = device.Allocate<T>(query.Shape);
        using Tensor<float> logSumExp = device.Allocate<float>([shape.Heads, tokens]);
        plan.Run(query, shape.Queries, output, shape.States ? logSumExp.View : null);
        yield return MutationCases.Bytes(output);
        yield return MutationCases.Bytes(logSumExp);
    }

    private sealed record ContiguousShape(
        int Queries, int Keys, int Heads, bool States, CausalAlignment Alignment, bool IsInfinite = false)
    {
        // Numbers behind a row of keys and of values, which are NaN.
        public int Gap { get; init; }
    }

    private sealed record PagedShape(int[] Queries, int[] Keys, int Heads, bool States, CausalAlignment Alignment, bool IsInfinite = false)
    {
        // Whether queries that attend to the infinite values have finite scores.
        public bool KeyIsFinite { get; init; }
    }
}
