using AttentionKernels.Oracle;
using BenchmarkDotNet.Attributes;

namespace AttentionKernels.Bench;

/// <summary>Attention of one query a sequence over a paged cache whose pages lie in shuffled order.</summary>
public class PagedDecodeBenchmarks
{
    private readonly List<IDisposable> _owned = [];
    private AttentionDevice? _device;
    private PagedAttentionPlan<float>? _plan;
    private TensorView<float> _query;
    private TensorView<float> _output;
    private int[] _queryLengths = [];

    /// <summary>The devices.</summary>
    public static IEnumerable<string> Devices => Suite.Devices;

    /// <summary>The page sizes.</summary>
    public static IEnumerable<int> PageSizes => Suite.Shapes(full: [1, 16, 256], quick: [16]);

    /// <summary>The shapes.</summary>
    public static IEnumerable<AttentionShape> Shapes => Suite.Shapes<AttentionShape>(
        full: [new(1, 32, 8, 1, 4096, 128), new(8, 32, 8, 1, 4096, 128)],
        quick: [new(1, 32, 8, 1, 4096, 128)]);

    /// <summary>The device.</summary>
    [ParamsSource(nameof(Devices))]
    public string Device { get; set; } = "";

    /// <summary>Batch × heads/kv heads × queries × keys × head dimension.</summary>
    [ParamsSource(nameof(Shapes))]
    public AttentionShape Shape { get; set; } = null!;

    /// <summary>Tokens of a page.</summary>
    [ParamsSource(nameof(PageSizes))]
    public int PageSize { get; set; }

    /// <summary>Opens the device, fills the cache and makes the plan.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _device = Own(AttentionDevice.Open(Device));
        int pagesPerSequence = (Shape.Keys + PageSize - 1) / PageSize;
        PagedKeyValueCache cache = Own(new PagedKeyValueCache(_device, new CacheOptions
        {
            Pages = Shape.Batch * pagesPerSequence,
            PageSize = PageSize,
            KeyValueHeads = Shape.KeyValueHeads,
            HeadDimension = Shape.HeadDimension,
        }));
        cache.Keys<float>().CopyFrom(RandomData.Normal(2, cache.Keys<float>().Shape.ElementCount));
        cache.Values<float>().CopyFrom(RandomData.Normal(3, cache.Values<float>().Shape.ElementCount));
        BlockTable table = Own(new BlockTable(cache, Shape.Batch, pagesPerSequence));
        int[] pages = [.. Enumerable.Range(0, cache.Options.Pages)];
        new Random(4).Shuffle(pages);
        for (int sequence = 0; sequence < Shape.Batch; sequence++)
            table.Set(sequence, pages.AsSpan(sequence * pagesPerSequence, pagesPerSequence), Shape.Keys);
        TensorShape queryShape = [Shape.Batch, Shape.Heads, Shape.HeadDimension];
        _query = Own(_device.Upload(RandomData.Normal(1, queryShape.ElementCount), queryShape));
        _output = Own(_device.Allocate<float>(queryShape));
        _queryLengths = new int[Shape.Batch];
        Array.Fill(_queryLengths, 1);
        _plan = Own(_device.PlanPagedAttention(table, Shape.Heads, maximumQueries: 1, new CausalMask()));
    }

    /// <summary>One decode step, the device's work included.</summary>
    [Benchmark]
    public void PagedDecode()
    {
        _plan!.Run(_query, _queryLengths, _output);
        _device!.Synchronize();
    }

    /// <summary>Closes everything, last made first.</summary>
    [GlobalCleanup]
    public void Cleanup()
    {
        for (int index = _owned.Count - 1; index >= 0; index--)
            _owned[index].Dispose();
        _owned.Clear();
    }

    private T Own<T>(T owned)
        where T : IDisposable
    {
        _owned.Add(owned);
        return owned;
    }
}
