using AttentionKernels.Oracle;

namespace AttentionKernels.PagedComparison;

/// <summary>The sizes of a decode step: one query token a sequence.</summary>
/// <param name="Batch">Sequences.</param>
/// <param name="Heads">Query heads.</param>
/// <param name="KeyValueHeads">Kv heads.</param>
/// <param name="Common">Tokens that all sequences begin with.</param>
/// <param name="Own">Tokens behind these that each sequence has.</param>
/// <param name="HeadDimension">Elements of a head.</param>
internal sealed record DecodeShape(int Batch, int Heads, int KeyValueHeads, int Common, int Own, int HeadDimension)
{
    /// <summary>Tokens of a sequence.</summary>
    public int Keys => Common + Own;

    /// <inheritdoc/>
    public override string ToString() => Common > 0
        ? $"{Batch} sequences of {Common} common and {Own} own tokens, heads {Heads}/{KeyValueHeads}, head dimension {HeadDimension}"
        : $"{Batch} sequences of {Own} tokens, heads {Heads}/{KeyValueHeads}, head dimension {HeadDimension}";
}

/// <summary>Ways to compute the same decode step on a device, each made ready to run: over tensors, and over caches of all kinds.</summary>
/// <remarks>Keys, values and queries are the same normal numbers for all, so that their results can be compared; pages lie in shuffled order.</remarks>
internal sealed class DecodeSetup : IDisposable
{
    private readonly Stack<IDisposable> _owned = new();
    private readonly AttentionDevice _device;
    private readonly DecodeShape _shape;
    private readonly Tensor<float> _query;
    private readonly Tensor<float> _keys;
    private readonly Tensor<float> _values;

    public DecodeSetup(AttentionDevice device, DecodeShape shape)
    {
        _device = device;
        _shape = shape;
        TensorShape queryShape = [shape.Batch, 1, shape.Heads, shape.HeadDimension];
        _query = Own(device.Upload(RandomData.Normal(1, queryShape.ElementCount), queryShape));

        // The common tokens, then each sequence's own.
        long tokens = shape.Common + ((long)shape.Batch * shape.Own);
        TensorShape keyShape = [tokens, shape.KeyValueHeads, shape.HeadDimension];
        _keys = Own(device.Upload(RandomData.Normal(2, keyShape.ElementCount), keyShape));
        _values = Own(device.Upload(RandomData.Normal(3, keyShape.ElementCount), keyShape));
    }

    /// <summary>Over tensors; no tokens are common.</summary>
    public DecodeRun Contiguous()
    {
        TensorShape keyShape = [_shape.Batch, _shape.Own, _shape.KeyValueHeads, _shape.HeadDimension];
        AttentionPlan<float> plan = Own(_device.PlanAttention(_query.Shape, keyShape, new CausalMask()));
        Tensor<float> output = Own(_device.Allocate<float>(_query.Shape));
        return new DecodeRun("contiguous", output, () => plan.Run(_query, _keys.View.Reshape(keyShape), _values.View.Reshape(keyShape), output));
    }

    /// <summary>Over pages.</summary>
    /// <param name="name">What to call it.</param>
    /// <param name="pageSize">Tokens of a page.</param>
    /// <param name="format">How keys and values are stored.</param>
    /// <param name="cascades">Whether common tokens are attended once for all.</param>
    public DecodeRun Paged(string name, int pageSize, NumberFormat? format = null, bool cascades = false)
    {
        int common = _shape.Common / pageSize;
        int own = (_shape.Own + pageSize - 1) / pageSize;
        PagedKeyValueCache cache = Own(new PagedKeyValueCache(_device, new CacheOptions
        {
            Pages = common + (_shape.Batch * own),
            PageSize = pageSize,
            KeyValueHeads = _shape.KeyValueHeads,
            HeadDimension = _shape.HeadDimension,
            KeyFormat = format ?? NumberFormat.Float32,
            ValueFormat = format ?? NumberFormat.Float32,
        }));
        int[] pages = [.. Enumerable.Range(0, cache.Options.Pages)];
        new Random(4).Shuffle(pages);
        BlockTable table = Own(new BlockTable(cache, _shape.Batch, common + own));
        for (int sequence = 0; sequence < _shape.Batch; sequence++)
            table.Set(sequence, [.. pages.AsSpan(0, common), .. pages.AsSpan(common + (sequence * own), own)], _shape.Keys);
        Fill(cache, table);

        PagedAttentionPlan<float> plan = Own(cascades
            ? _device.PlanCascadeAttention(table, _shape.Heads, 1, new CausalMask())
            : _device.PlanPagedAttention(table, _shape.Heads, 1, new CausalMask()));
        TensorShape flat = [_shape.Batch, _shape.Heads, _shape.HeadDimension];
        Tensor<float> output = Own(_device.Allocate<float>(flat));
        int[] queryLengths = [.. Enumerable.Repeat(1, _shape.Batch)];
        return new DecodeRun(name, output, () => plan.Run(_query.View.Reshape(flat), queryLengths, output));
    }

    /// <summary>Frees everything, last made first.</summary>
    public void Dispose()
    {
        while (_owned.TryPop(out IDisposable? item))
            item.Dispose();
    }

    private void Fill(PagedKeyValueCache cache, BlockTable table)
    {
        long[] slots = new long[_keys.Shape[0]];
        for (int token = 0; token < _shape.Common; token++)
            slots[token] = table.Slot(0, token);
        for (int sequence = 0; sequence < _shape.Batch; sequence++)
        {
            for (int token = 0; token < _shape.Own; token++)
                slots[_shape.Common + (sequence * _shape.Own) + token] = table.Slot(sequence, _shape.Common + token);
        }

        using Tensor<long> mapping = _device.Upload(slots, [slots.Length]);
        cache.Append(_keys, _values, mapping);
        _device.Synchronize();
    }

    private T Own<T>(T item)
        where T : IDisposable
    {
        _owned.Push(item);
        return item;
    }
}

/// <summary>A way to compute a decode step, made ready.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Output">Where its result is.</param>
/// <param name="Queue">Queues it on the device's default stream.</param>
internal sealed record DecodeRun(string Name, Tensor<float> Output, Action Queue);
