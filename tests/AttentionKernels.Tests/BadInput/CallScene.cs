using ILGPU;
using ILGPU.Runtime;

namespace AttentionKernels.Tests.BadInput;

/// <summary>What calls of public methods need: a device, another one, caches and tables, and the tensors that a test asks for.</summary>
internal sealed class CallScene : IDisposable
{
    private readonly Stack<IDisposable> _owned = [];

    public CallScene(AttentionDevice device)
    {
        Device = device;
        Other = Own(AttentionDevice.Open(DeviceKind.Cpu));
    }

    public AttentionDevice Device { get; }

    /// <summary>A device of its own.</summary>
    public AttentionDevice Other { get; }

    public T Own<T>(T owned)
        where T : IDisposable
    {
        _owned.Push(owned);
        return owned;
    }

    /// <summary>A tensor of positive numbers that no operation gives back as they are.</summary>
    public TensorView<float> Floats(params ReadOnlySpan<long> shape)
    {
        var extents = TensorShape.Create(shape);
        return Own(Device.Upload([.. Enumerable.Range(0, (int)extents.ElementCount).Select(index => 0.3f + (0.1f * (index % 7)))], extents));
    }

    /// <summary>A tensor whose elements are all the same.</summary>
    public TensorView<T> Of<T>(T element, params ReadOnlySpan<long> shape)
        where T : unmanaged
    {
        var extents = TensorShape.Create(shape);
        return Own(Device.Upload(Enumerable.Repeat(element, (int)extents.ElementCount).ToArray(), extents));
    }

    public AttentionState State() => new(Floats(2, 3, 8), Floats(3, 2));

    /// <summary>Two channels, with all that they may have.</summary>
    public BatchNormChannels Channels() => new(Floats(2), Floats(2))
    {
        Weight = Floats(2),
        Bias = Floats(2),
        SavedMean = Floats(2),
        SavedInverseDeviation = Floats(2),
    };

    /// <summary>Gradients of weights and biases.</summary>
    public FeatureGradients Features(int count) => new(Floats(count), Floats(count));

    /// <summary>Rows of whole numbers, with a scale each.</summary>
    public QuantizedRows Quantized(long rows, long hidden) => new(Of<sbyte>(0, rows, hidden), Floats(rows));

    /// <summary>A cache of 2 kv heads and head dimension 8, with pages of 4 tokens.</summary>
    public PagedKeyValueCache Cache(bool isLatent = false) => Own(new PagedKeyValueCache(Device, CacheOptions(isLatent)));

    public static CacheOptions CacheOptions(bool isLatent = false) => new()
    {
        Pages = 6,
        PageSize = 4,
        KeyValueHeads = isLatent ? 1 : 2,
        HeadDimension = 8,
        LatentDimension = isLatent ? 6 : 0,
        HostPages = 2,
    };

    /// <summary>A table of two sequences, one of 7 tokens.</summary>
    public BlockTable Table()
    {
        BlockTable table = Own(new BlockTable(Cache(), 2, 3));
        table.Set(0, [5, 1], 7);
        return table;
    }

    /// <summary>A sequence of 5 tokens.</summary>
    public CachedSequence Sequence(PagedKeyValueCache? cache = null)
    {
        CachedSequence sequence = Own((cache ?? Cache()).Start());
        sequence.Extend(5);
        return sequence;
    }

    public CachedSequence SwappedOut()
    {
        CachedSequence sequence = Sequence();
        sequence.SwapOut();
        return sequence;
    }

    /// <summary>An allocator with one page taken.</summary>
    public static PageAllocator Allocator()
    {
        var allocator = new PageAllocator(3);
        allocator.Allocate();
        return allocator;
    }

    public AttentionPlan<float> Plan() => Own(Device.PlanAttention([1, 3, 2, 8], [1, 5, 2, 8], new NoMask()));

    public static RaggedShape RaggedShape() =>
        new() { Sequences = 2, Heads = 2, KeyValueHeads = 2, HeadDimension = 8, MaximumQueries = 3, MaximumKeys = 5 };

    public RaggedAttentionPlan<float> RaggedPlan() => Own(Device.PlanRaggedAttention(RaggedShape(), new NoMask()));

    public static QuantizedFormats Formats { get; } = new(NumberFormat.Float8E4M3, NumberFormat.Float8E4M3);

    public QuantizedAttentionPlan<float> QuantizedPlan(NumberFormat? query) => Own(Device.PlanQuantizedAttention(
        [1, 3, 2, 8], [1, 5, 2, 8], new NoMask(), NumberFormat.Float32, Formats with { Query = query }));

    /// <summary>So many tokens of fp8, with scales.</summary>
    public QuantizedTensor Quantized(int tokens) => new(Of((byte)0x38, 1, tokens, 2, 8), Floats(1, tokens, 2));

    public PagedAttentionPlan<float> PagedPlan() => Own(Device.PlanPagedAttention(Table(), 2, 3, new NoMask()));

    public LinearPlan<float, float> LinearPlan() => Device.PlanLinear(3, 5, 8, NumberFormat.Float32);

    public NormPlan<float> NormPlan() => Device.PlanLayerNorm(3, 8, NumberFormat.Float32);

    public RotaryPlan<float> RotaryPlan() => Device.PlanRotaryEmbedding([1, 3, 2, 8], 1, Rotary(), RotaryStyle.HalfSplit, NumberFormat.Float32);

    public static RotaryFrequencies Frequencies { get; } = new(8);

    public RotaryHeads<float> Heads(int heads) => new(Floats(1, 3, heads, 8), Floats(1, 3, heads, 8));

    public RotaryTable Rotary() => Own(new RotaryTable(Device, 10, 8));

    public AcceleratorStream DisposedStream()
    {
        AcceleratorStream stream = Device.Accelerator.CreateStream();
        stream.Dispose();
        return stream;
    }

    /// <summary>Memory that is disposed.</summary>
    public ArrayView<T> Gone<T>(long length)
        where T : unmanaged
    {
        Tensor<T> tensor = Device.Allocate<T>([length]);
        ArrayView<T> memory = tensor.View.Data;
        tensor.Dispose();
        return memory;
    }

    public void Dispose()
    {
        while (_owned.TryPop(out IDisposable? owned))
            owned.Dispose();
    }
}
