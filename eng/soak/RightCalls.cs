using AttentionKernels.Oracle;
using ILGPU.Runtime;

namespace AttentionKernels.Soak;

/// <summary>Valid calls of random shapes, each compared with the fp64 oracle.</summary>
internal sealed class RightCalls
{
    private const float Epsilon = 1e-5f;
    private const int PageSize = 16;

    private readonly AttentionDevice _device;
    private readonly AcceleratorStream _stream;
    private readonly Random _random;
    private readonly (string Name, Action Run)[] _calls;

    public RightCalls(AttentionDevice device, AcceleratorStream stream, Random random)
    {
        _device = device;
        _stream = stream;
        _random = random;
        _calls =
        [
            ("copy", Copy), ("RMS norm", RmsNorm), ("softmax in place", Softmax), ("linear", Linear), ("rotary", Rotate),
            ("attention", Attend), ("paged attention", AttendPages),
        ];
    }

    /// <summary>All calls.</summary>
    public IEnumerable<(string Name, Action Run)> All => _calls;

    /// <summary>The next call.</summary>
    public (string Name, Action Run) Next() => _calls[_random.Next(_calls.Length)];

    private void Copy()
    {
        float[] numbers = Numbers(_random.Next(1, 5000));
        using Tensor<float> tensor = _device.Upload(numbers, [numbers.Length], _stream);
        int start = _random.Next(numbers.Length);
        if (!tensor.Slice(0, start, numbers.Length - start).ToArray(_stream).AsSpan().SequenceEqual(numbers.AsSpan(start)))
            throw new SoakFailure($"A copy of {numbers.Length} numbers came back changed.");
    }

    private void RmsNorm()
    {
        (int rows, int hidden) = (_random.Next(1, 9), _random.Next(1, 300));
        float[] input = Numbers(rows * hidden), weight = Numbers(hidden);
        using Tensor<float> x = _device.Upload(input, [rows, hidden], _stream), w = _device.Upload(weight, [hidden], _stream);
        using Tensor<float> y = _device.Allocate<float>([rows, hidden]);
        _device.RmsNorm(x, w, y, Epsilon, stream: _stream);
        double[] oracle = NormalizationOracle.Rms(input, weight, hidden, Epsilon);
        Compare(y, oracle, ErrorBound.OfNorm(oracle));
    }

    private void Softmax()
    {
        (int rows, int length) = (_random.Next(1, 9), _random.Next(1, 300));
        float[] input = Numbers(rows * length);
        using Tensor<float> x = _device.Upload(input, [rows, length], _stream);
        _device.Softmax(x, x, stream: _stream);
        double[] oracle = NormalizationOracle.Softmax(input, length);
        Compare(x, oracle, ErrorBound.OfNorm(oracle));
    }

    private void Linear()
    {
        (int tokens, int rows, int columns) = (_random.Next(1, 20), _random.Next(1, 60), _random.Next(1, 90));
        float[] input = Numbers(tokens * columns), weight = Numbers(rows * columns);
        using Tensor<float> x = _device.Upload(input, [tokens, columns], _stream), w = _device.Upload(weight, [rows, columns], _stream);
        using Tensor<float> y = _device.Allocate<float>([tokens, rows]);
        _device.Linear(x, w, null, y, stream: _stream);
        double[] oracle = LinearOracle.Compute(input, weight, columns);
        Compare(y, oracle, ErrorBound.Of(oracle, LinearOracle.Sequential(input, weight, columns), input));
    }

    private void Rotate()
    {
        (int tokens, int heads, int dimension) = (_random.Next(1, 12), _random.Next(1, 4), 2 * _random.Next(1, 20));
        float[] input = Numbers(tokens * heads * dimension);
        TensorShape shape = [1, tokens, heads, dimension];
        using Tensor<float> x = _device.Upload(input, shape, _stream), y = _device.Allocate<float>(shape);
        using var table = new RotaryTable(_device, tokens + 5, dimension);
        _device.RotaryEmbedding(x, table, y, RotaryStyle.HalfSplit, 5, _stream);
        RotaryOracle rotation = RotaryOracle.OfBase(RotaryTable.DefaultBase, dimension, isInterleaved: false);
        int[] positions = [.. Enumerable.Range(5, tokens)];
        double[] oracle = rotation.Compute(input, positions, heads, dimension);
        Compare(y, oracle, ErrorBound.Of(oracle, rotation.Sequential(input, positions, heads, dimension), input));
    }

    private void Attend()
    {
        AttentionInputs inputs = Inputs(batch: _random.Next(1, 3), queries: _random.Next(1, 20));
        TensorShape queries = [inputs.Batch, inputs.Queries, inputs.Heads, inputs.HeadDimension];
        TensorShape keys = [inputs.Batch, inputs.Keys, inputs.KeyValueHeads, inputs.HeadDimension];
        using Tensor<float> query = _device.Upload(inputs.Query, queries, _stream), key = _device.Upload(inputs.Key, keys, _stream);
        using Tensor<float> value = _device.Upload(inputs.Value, keys, _stream), output = _device.Allocate<float>(queries);
        using AttentionPlan<float> plan = _device.PlanAttention(queries, keys, new CausalMask());
        for (int run = _random.Next(1, 4); run > 0; run--)
            plan.Run(query, key, value, output, stream: _stream);
        Compare(output, inputs);
    }

    private void AttendPages()
    {
        AttentionInputs inputs = Inputs(batch: 1, queries: _random.Next(1, 5));
        (int heads, int dimension) = (inputs.KeyValueHeads, inputs.HeadDimension);
        int pages = (inputs.Keys + PageSize - 1) / PageSize;
        using var cache = new PagedKeyValueCache(
            _device, new CacheOptions { Pages = pages, PageSize = PageSize, Layers = 1, KeyValueHeads = heads, HeadDimension = dimension });
        using var table = new BlockTable(cache, 1, pages);
        using PagedAttentionPlan<float> plan = _device.PlanPagedAttention(table, inputs.Heads, inputs.Queries, new CausalMask());
        using Tensor<float> query = _device.Upload(inputs.Query, [inputs.Queries, inputs.Heads, dimension], _stream);
        using Tensor<float> key = _device.Upload(inputs.Key, [inputs.Keys, heads, dimension], _stream);
        using Tensor<float> value = _device.Upload(inputs.Value, [inputs.Keys, heads, dimension], _stream);
        using Tensor<float> output = _device.Allocate<float>([inputs.Queries, inputs.Heads, dimension]);
        using CachedSequence sequence = cache.Start();
        cache.Append(sequence, key, value, stream: _stream);
        table.Set(0, sequence);
        plan.Run(query, [inputs.Queries], output, stream: _stream);
        Compare(output, inputs);
    }

    private AttentionInputs Inputs(int batch, int queries)
    {
        (int heads, int group, int dimension, int keys) =
            (_random.Next(1, 3), _random.Next(1, 4), 8 * _random.Next(1, 5), queries + _random.Next(0, 70));
        return new AttentionInputs
        {
            Query = Numbers(batch * queries * heads * group * dimension),
            Key = Numbers(batch * keys * heads * dimension),
            Value = Numbers(batch * keys * heads * dimension),
            Batch = batch,
            Heads = heads * group,
            KeyValueHeads = heads,
            Queries = queries,
            Keys = keys,
            HeadDimension = dimension,
        };
    }

    private void Compare(Tensor<float> output, AttentionInputs inputs)
    {
        (double[] oracle, _) = AttentionOracle.Compute(inputs, new CausalMask(), new NoModifier());
        float[] sequential = AttentionOracle.Sequential(inputs, new CausalMask(), new NoModifier());
        Compare(output, oracle, ErrorBound.Of(oracle, sequential, inputs.Value));
    }

    private void Compare(Tensor<float> result, double[] oracle, double bound)
    {
        (int index, double error) = ErrorBound.Largest(result.ToArray(_stream), oracle);
        if (!(error <= bound))
            throw new SoakFailure($"Element {index} of a result of shape {result.Shape} is off by {error:g3}; the bound is {bound:g3}.");
    }

    private float[] Numbers(int count) => RandomData.Normal(_random.Next(), count);
}
