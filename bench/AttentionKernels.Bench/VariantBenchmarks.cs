using AttentionKernels.Oracle;
using BenchmarkDotNet.Attributes;

namespace AttentionKernels.Bench;

/// <summary>Masks and score modifiers beside causal attention without any: what leaves keys out takes less time, what changes scores a
/// little more.</summary>
public class VariantBenchmarks
{
    private const int Window = 256, Documents = 8, Block = 64, OneInBlocks = 10;

    private readonly List<IDisposable> _owned = [];
    private AttentionDevice? _device;
    private Tensor<float>? _query, _key, _value, _output;
    private AttentionPlan<float>? _causal, _window, _documents, _blocks, _blocksOfHeads, _alibi, _softCap, _sinks;

    /// <summary>The devices.</summary>
    public static IEnumerable<string> Devices => Suite.Devices;

    /// <summary>The shapes.</summary>
    public static IEnumerable<AttentionShape> Shapes => Suite.Shapes<AttentionShape>(
        full: [new(1, 4, 4, 8192, 8192, 64), new(1, 8, 2, 4096, 4096, 128)], quick: [new(1, 4, 4, 1024, 1024, 64)]);

    /// <summary>The device.</summary>
    [ParamsSource(nameof(Devices))]
    public string Device { get; set; } = "";

    /// <summary>Batch × heads/kv heads × queries × keys × head dimension.</summary>
    [ParamsSource(nameof(Shapes))]
    public AttentionShape Shape { get; set; } = null!;

    /// <summary>Opens the device and makes the plans.</summary>
    [GlobalSetup]
    public void Setup()
    {
        AttentionDevice device = _device = AttentionDevice.Open(Device);
        _query = Own(device.Upload(RandomData.Normal(1, Shape.Query.ElementCount), Shape.Query));
        _key = Own(device.Upload(RandomData.Normal(2, Shape.Key.ElementCount), Shape.Key));
        _value = Own(device.Upload(RandomData.Normal(3, Shape.Key.ElementCount), Shape.Key));
        _output = Own(device.Allocate<float>(Shape.Query));
        int[] offsets = [.. Enumerable.Range(0, Documents + 1).Select(document => Shape.Keys / Documents * document)];
        int blocks = Shape.Keys / Block;
        Tensor<int> index = Own(device.Upload(Blocks(1), [blocks, blocks]));
        Tensor<int> indexOfHeads = Own(device.Upload(Blocks(Shape.Heads), [Shape.Heads, blocks, blocks]));
        Tensor<float> sinks = Own(device.Upload(RandomData.Normal(4, Shape.Heads), [Shape.Heads]));

        _causal = Plan(new CausalMask(), new NoModifier());
        _window = Plan(new SlidingWindowMask(Window - 1), new NoModifier());
        _documents = Plan(new CausalMask().And(new DocumentMask(Own(device.Upload(offsets, [offsets.Length])))), new NoModifier());
        _blocks = Plan(new CausalMask().And(new BlockSparseMask(index, Block, Block)), new NoModifier());
        _blocksOfHeads = Plan(new CausalMask().And(new BlockSparseMask(indexOfHeads, Block, Block)), new NoModifier());
        _alibi = Plan(new CausalMask(), new AlibiBias(Shape.Heads));
        _softCap = Plan(new CausalMask(), new SoftCap(50f));
        _sinks = Plan(new CausalMask(), new AttentionSinks(sinks));
    }

    /// <summary>Causal attention.</summary>
    [Benchmark(Baseline = true)]
    public void Causal() => Run(_causal!);

    /// <summary>A window of 256 keys.</summary>
    [Benchmark]
    public void SlidingWindow() => Run(_window!);

    /// <summary>Eight documents of the same length, causal.</summary>
    [Benchmark]
    public void EightDocuments() => Run(_documents!);

    /// <summary>A tenth of the causal blocks of 64 × 64, the diagonal ones among them.</summary>
    [Benchmark]
    public void BlockSparse() => Run(_blocks!);

    /// <summary>The same with other blocks for each head.</summary>
    [Benchmark]
    public void BlockSparseByHead() => Run(_blocksOfHeads!);

    /// <summary>Linear biases.</summary>
    [Benchmark]
    public void Alibi() => Run(_alibi!);

    /// <summary>Soft-capped scores.</summary>
    [Benchmark]
    public void SoftCapped() => Run(_softCap!);

    /// <summary>A sink of each head.</summary>
    [Benchmark]
    public void Sinks() => Run(_sinks!);

    /// <summary>Closes the device.</summary>
    [GlobalCleanup]
    public void Cleanup()
    {
        _owned.Reverse();
        _owned.ForEach(owned => owned.Dispose());
        _owned.Clear();
        _device?.Dispose();
    }

    private void Run(AttentionPlan<float> plan)
    {
        plan.Run(_query!, _key!, _value!, _output!);
        _device!.Synchronize();
    }

    private AttentionPlan<float> Plan<TMask, TModifier>(TMask mask, TModifier modifier)
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier> => Own(_device!.PlanAttention(Shape.Query, Shape.Key, mask, modifier));

    private int[] Blocks(int heads)
    {
        var random = new Random(5);
        int blocks = Shape.Keys / Block;
        int[] index = new int[heads * blocks * blocks];
        for (int place = 0; place < index.Length; place++)
        {
            int query = place / blocks % blocks;
            int key = place % blocks;

            // As many of the others as make a tenth with the diagonal.
            double share = ((query + 1.0) / OneInBlocks - 1) / Math.Max(query, 1);
            index[place] = key == query || (key < query && random.NextDouble() < share) ? 1 : 0;
        }

        return index;
    }

    private T Own<T>(T resource)
        where T : IDisposable
    {
        _owned.Add(resource);
        return resource;
    }
}
