using System.Diagnostics.CodeAnalysis;
using AttentionKernels.Tests.Infrastructure;

namespace AttentionKernels.Tests.KeyValueCache;

/// <summary>
/// Ragged sequences in a paged cache: random pages in shuffled order, appended token by token through the slot mapping, with everything
/// else in the cache NaN.
/// </summary>
internal sealed class PagedRunner : IDisposable
{
    private readonly int[] _queryLengths;

    // Whose first pages each sequence has in common, and how many.
    private readonly (int Of, int Pages)[] _prefixes;

    public PagedRunner(
        AttentionDevice device, int seed, int[] queryLengths, int[] keyLengths, int heads, int keyValueHeads, int headDimension, int pageSize,
        CacheOptions? storage = null, (int Of, int Pages)[]? prefixes = null, Func<int, (float[] Queries, float[] Keys, float[] Values)>? rows = null)
    {
        Device = device;
        _queryLengths = queryLengths;
        _prefixes = prefixes ?? [.. keyLengths.Select(_ => (0, 0))];
        Heads = heads;
        KeyLengths = keyLengths;
        int[] pagesNeeded = [.. keyLengths.Select(length => (length + pageSize - 1) / pageSize)];
        int unused = 3;
        Cache = new PagedKeyValueCache(device, (storage ?? DefaultStorage) with
        {
            Pages = pagesNeeded.Sum() + unused,
            PageSize = pageSize,
            KeyValueHeads = keyValueHeads,
            HeadDimension = headDimension,
        });
        StoredPages.Poison(Cache);
        int[] pages = [.. Enumerable.Range(0, Cache.Options.Pages)];
        new Random(seed).Shuffle(pages);
        Table = new BlockTable(Cache, keyLengths.Length, Math.Max(1, pagesNeeded.DefaultIfEmpty(0).Max()));
        int next = 0;
        for (int sequence = 0; sequence < keyLengths.Length; sequence++)
        {
            (int of, int common) = _prefixes[sequence];
            int[] own = [.. Enumerable.Range(0, common).Select(page => (int)(Table.Slot(of, page * pageSize) / pageSize)),
                .. pages.AsSpan(next, pagesNeeded[sequence] - common)];
            Table.Set(sequence, own, keyLengths[sequence]);
            next += pagesNeeded[sequence] - common;
        }

        // A sequence's data does not depend on the others, so that the same sequence can be run alone and compared.
        rows ??= sequence =>
        (
            RandomData.Normal(seed + (3 * sequence), (long)queryLengths[sequence] * heads * headDimension),
            RandomData.Normal(seed + (3 * sequence) + 1, (long)keyLengths[sequence] * keyValueHeads * headDimension),
            RandomData.Normal(seed + (3 * sequence) + 2, (long)keyLengths[sequence] * keyValueHeads * headDimension));
        (float[] Queries, float[] Keys, float[] Values)[] sequences = [.. Enumerable.Range(0, keyLengths.Length).Select(rows)];
        Queries = [.. sequences.Select(sequence => sequence.Queries)];
        Keys = [.. sequences.Select(sequence => sequence.Keys)];
        Values = Cache.IsLatent ? Keys : [.. sequences.Select(sequence => sequence.Values)];
        Append(keyValueHeads, headDimension);
        ReadStored();
    }

    /// <summary>How a cache stores tokens unless said otherwise; the sizes are the runner's.</summary>
    public static CacheOptions DefaultStorage { get; } = new() { Pages = 1, KeyValueHeads = 1, HeadDimension = 1 };

    public AttentionDevice Device { get; }

    public PagedKeyValueCache Cache { get; }

    public BlockTable Table { get; }

    public int Heads { get; }

    public int[] KeyLengths { get; }

    /// <summary>For each sequence its queries [tokens, heads, headDim].</summary>
    public float[][] Queries { get; }

    /// <summary>For each sequence its keys [tokens, kv heads, headDim], as they are stored.</summary>
    public float[][] Keys { get; private set; }

    /// <summary>For each sequence its values, like the keys.</summary>
    public float[][] Values { get; private set; }

    /// <summary>For each sequence the scales of its values [tokens, kv heads], where they have some.</summary>
    public float[][]? ValueScales { get; private set; }

    /// <summary>Reads keys and values as they are stored, once more where a test has changed them.</summary>
    [MemberNotNull(nameof(Keys), nameof(Values))]
    public void ReadStored()
    {
        Keys = Stored(StoredPages.Keys(Cache));
        Values = Stored(StoredPages.Values(Cache));
        ValueScales = StoredPages.ValueScales(Cache) is { } scales ? Stored(scales) : null;
    }

    /// <summary>Runs paged attention; for each sequence its output [tokens, heads, valueDim] and log-sum-exp [heads, tokens].</summary>
    public (float[][] Output, float[][] LogSumExp) Run<TMask>(TMask mask, AttentionOptions options)
        where TMask : struct, IMask<TMask> =>
        Run(mask, new NoModifier(), options);

    /// <inheritdoc cref="Run{TMask}(TMask, AttentionOptions)"/>
    public (float[][] Output, float[][] LogSumExp) Run<TMask, TModifier>(TMask mask, TModifier modifier, AttentionOptions options, int? levels = null)
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier>
    {
        int maximumQueries = Math.Max(1, _queryLengths.DefaultIfEmpty(0).Max());
        using PagedAttentionPlan<float> plan = levels is { } shared
            ? Device.PlanCascadeAttention(
                Table, Heads, maximumQueries, mask, modifier, NumberFormat.Float32, options with { CascadeLevels = shared })
            : Device.PlanPagedAttention(Table, Heads, maximumQueries, mask, modifier, options);
        return Run(plan);
    }

    /// <summary>Runs a plan for the runner's table.</summary>
    public (float[][] Output, float[][] LogSumExp) Run(PagedAttentionPlan<float> plan) => Run(plan, StoredType.Float32);

    /// <summary>Runs a plan of another type for the runner's table.</summary>
    public (float[][] Output, float[][] LogSumExp) Run<T>(PagedAttentionPlan<T> plan, StoredType<T> stored)
        where T : unmanaged
    {
        int tokens = _queryLengths.Sum();
        TensorShape shape = [tokens, Heads, Cache.Options.HeadDimension];
        TensorShape outputShape = [tokens, Heads, Cache.ValueDimension];
        using var query = GuardedTensor<T>.Of(Device, stored.Store([.. Queries.SelectMany(row => row)]), shape);
        using var output = GuardedTensor<T>.Poisoned(Device, outputShape);
        using var logSumExp = GuardedTensor<float>.Poisoned(Device, [Heads, tokens]);

        plan.Run(query, _queryLengths, output, logSumExp.View);
        Device.Synchronize();

        query.VerifyUnchanged();
        output.Verify();
        logSumExp.Verify();
        float[] all = stored.Load(output.ToArray());
        float[] states = logSumExp.ToArray();
        var outputs = new float[_queryLengths.Length][];
        var sums = new float[_queryLengths.Length][];
        int first = 0;
        int row = Heads * Cache.ValueDimension;
        for (int sequence = 0; sequence < _queryLengths.Length; sequence++)
        {
            int length = _queryLengths[sequence];
            int start = first;
            outputs[sequence] = all.AsSpan(start * row, length * row).ToArray();
            sums[sequence] = [.. Enumerable.Range(0, Heads).SelectMany(head => states.AsSpan((head * tokens) + start, length).ToArray())];
            first += length;
        }

        return (outputs, sums);
    }

    public void Dispose()
    {
        Table.Dispose();
        Cache.Dispose();
    }

    private float[][] Stored(float[][] slots) =>
        [.. KeyLengths.Select((length, sequence) => Enumerable.Range(0, length).SelectMany(token => slots[Table.Slot(sequence, token)]).ToArray())];

    private void Append(int keyValueHeads, int headDimension)
    {
        // One call for all tokens, in shuffled order, with a skipped token among them.
        var tokens = new List<(int Sequence, int Token)>();
        for (int sequence = 0; sequence < KeyLengths.Length; sequence++)
        {
            int common = _prefixes[sequence].Pages * Cache.Options.PageSize;
            tokens.AddRange(Enumerable.Range(common, KeyLengths[sequence] - common).Select(token => (sequence, token)));
        }

        (int Sequence, int Token)[] order = [.. tokens];
        new Random(7).Shuffle(order);
        int row = keyValueHeads * headDimension;
        long[] slots = [.. order.Select(place => Table.Slot(place.Sequence, place.Token)), -1];
        float[] skipped = RandomData.Normal(99, row);
        float[] key = [.. order.SelectMany(place => Keys[place.Sequence].AsSpan(place.Token * row, row).ToArray()), .. skipped];
        float[] value = [.. order.SelectMany(place => Values[place.Sequence].AsSpan(place.Token * row, row).ToArray()), .. skipped];
        TensorShape shape = [slots.Length, keyValueHeads, headDimension];
        using var newKey = GuardedTensor<float>.Of(Device, key, shape, Strides.Padded(shape, 1, 5));
        using var newValue = GuardedTensor<float>.Of(Device, value, shape);
        using Tensor<long> slotMapping = Device.Upload(slots, [slots.Length]);
        if (Cache.IsLatent)
            Cache.AppendLatent(newKey, slotMapping);
        else
            Cache.Append(newKey, newValue, slotMapping);
        Device.Synchronize();
    }
}
