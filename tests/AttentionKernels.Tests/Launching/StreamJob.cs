using ILGPU.Runtime;

namespace AttentionKernels.Tests.Launching;

/// <summary>One operation with memory of its own, which can be run on a stream again and again and gives the same bits each time.</summary>
/// <param name="name">The operation.</param>
/// <param name="run">Queues the operation on a stream, and brings what it gave to the host by a copy on that stream.</param>
/// <param name="owned">What is disposed with it.</param>
internal sealed class StreamJob(string name, Func<AcceleratorStream, float[]> run, params IDisposable[] owned) : IDisposable
{
    public string Name => name;

    public float[] Run(AcceleratorStream stream) => run(stream);

    public void Dispose()
    {
        foreach (IDisposable memory in owned)
            memory.Dispose();
    }

    /// <summary>One of each operation; a seed decides shapes and numbers.</summary>
    public static StreamJob[] All(AttentionDevice device, int seed) =>
    [
        RmsNorm(device, seed), LayerNorm(device, seed), AddRmsNorm(device, seed), QuantizedNorm(device, seed), BatchNormTraining(device, seed), BatchNormInference(device, seed), GroupNorm(device, seed),
        LayerNormBackward(device, seed), BatchNormBackward(device, seed), Softmax(device, seed),
        Rotary(device, seed), Rotary16(device, seed), Linear(device, seed), Linear16(device, seed), LinearHalf(device, seed), Lookup(device, seed), EmbeddingGradient(device, seed), Gate(device, seed),
        Attention(device, seed, AttentionAlgorithm.Tiled), Attention(device, seed, AttentionAlgorithm.SplitKv), Attention(device, seed, AttentionAlgorithm.Naive), Ragged(device, seed),
        Reference(device, seed), Quantized(device, seed),
        Paged(device, seed, cascade: false), Paged(device, seed, cascade: true), Swapped(device, seed), TileKernel(device, seed), Copies(device, seed),
    ];

    private static StreamJob RmsNorm(AttentionDevice device, int seed) => RowNorm(
        device, seed, "RmsNorm", [2 + (seed % 5), 33 + seed], (rows, weight, output, stream) => device.RmsNorm(rows, weight, output, stream: stream));

    private static StreamJob LayerNorm(AttentionDevice device, int seed) => RowNorm(
        device, seed, "LayerNorm", [1 + (seed % 4), 40 + seed], (rows, weight, output, stream) => device.LayerNorm(rows, weight, weight, output, stream: stream));

    private static StreamJob RowNorm(
        AttentionDevice device, int seed, string name, TensorShape shape, Action<Tensor<float>, Tensor<float>, Tensor<float>, AcceleratorStream> run)
    {
        Tensor<float> rows = Numbers(device, seed, shape);
        Tensor<float> weight = Numbers(device, seed + 1, [shape[1]]);
        Tensor<float> output = device.Allocate<float>(shape);
        return new(name, stream =>
        {
            run(rows, weight, output, stream);
            return output.ToArray(stream);
        }, rows, weight, output);
    }

    // The residual is read and written on its way.
    private static StreamJob AddRmsNorm(AttentionDevice device, int seed)
    {
        TensorShape shape = [2 + (seed % 3), 24 + seed];
        Half[] residuals = [.. RandomData.Normal(seed + 2, shape).Select(number => (Half)number)];
        Tensor<Half> rows = device.Upload([.. RandomData.Normal(seed, shape).Select(number => (Half)number)], shape);
        Tensor<Half> residual = device.Allocate<Half>(shape);
        Tensor<float> weight = Numbers(device, seed + 1, [shape[1]]);
        Tensor<Half> output = device.Allocate<Half>(shape);
        return new("AddRmsNorm", stream =>
        {
            residual.CopyFrom(residuals, stream);
            device.AddRmsNorm(rows, residual, weight, output, NumberFormat.Float16, stream: stream);
            return [.. output.ToArray(stream).Select(number => (float)number), .. residual.ToArray(stream).Select(number => (float)number)];
        }, rows, residual, weight, output);
    }

    private static StreamJob QuantizedNorm(AttentionDevice device, int seed)
    {
        TensorShape shape = [2 + (seed % 3), 24 + seed];
        float[] residuals = RandomData.Normal(seed + 2, shape);
        Tensor<float> rows = Numbers(device, seed, shape);
        Tensor<float> residual = device.Allocate<float>(shape);
        Tensor<float> weight = Numbers(device, seed + 1, [shape[1]]);
        Tensor<sbyte> numbers = device.Allocate<sbyte>(shape);
        Tensor<float> scales = device.Allocate<float>([shape[0]]);
        return new("AddRmsNorm, int8", stream =>
        {
            residual.CopyFrom(residuals, stream);
            device.AddRmsNorm(rows, residual, weight, new QuantizedRows(numbers, scales), NumberFormat.Float32, stream: stream);
            return [.. numbers.ToArray(stream).Select(number => (float)number), .. scales.ToArray(stream), .. residual.ToArray(stream)];
        }, rows, residual, weight, numbers, scales);
    }

    private static StreamJob GroupNorm(AttentionDevice device, int seed)
    {
        TensorShape shape = [2, 4, 4 + seed];
        Tensor<float> input = Numbers(device, seed, shape);
        Tensor<float> weight = Numbers(device, seed + 1, [4]);
        Tensor<float> output = device.Allocate<float>(shape);
        return new("GroupNorm", stream =>
        {
            device.GroupNorm(input, 2, weight.View, weight.View, output, stream: stream);
            return output.ToArray(stream);
        }, input, weight, output);
    }

    private static StreamJob LayerNormBackward(AttentionDevice device, int seed)
    {
        TensorShape shape = [18, 12 + seed];
        Tensor<float> input = Numbers(device, seed, shape);
        Tensor<float> gradient = Numbers(device, seed + 1, shape);
        Tensor<float> weight = Numbers(device, seed + 2, [shape[1]]);
        Tensor<float> inputGradient = device.Allocate<float>(shape);
        Tensor<float> weightGradient = device.Allocate<float>([shape[1]]);
        Tensor<float> biasGradient = device.Allocate<float>([shape[1]]);
        NormBackwardPlan<float> plan = device.PlanLayerNormBackward(20, (int)shape[1], NumberFormat.Float32);
        return new("LayerNorm, backward", stream =>
        {
            plan.Run(input, weight.View, gradient, inputGradient, new(weightGradient, biasGradient), stream);
            return [.. inputGradient.ToArray(stream), .. weightGradient.ToArray(stream), .. biasGradient.ToArray(stream)];
        }, input, gradient, weight, inputGradient, weightGradient, biasGradient, plan);
    }

    private static StreamJob BatchNormBackward(AttentionDevice device, int seed)
    {
        TensorShape shape = [2, 3, 4 + seed];
        Tensor<float> input = Numbers(device, seed, shape);
        Tensor<float> gradient = Numbers(device, seed + 1, shape);
        Tensor<float> weight = Numbers(device, seed + 2, [3]);
        Tensor<float> inputGradient = device.Allocate<float>(shape);
        Tensor<float> weightGradient = device.Allocate<float>([3]);
        return new("BatchNorm, backward", stream =>
        {
            device.BatchNormTrainingBackward(
                input, weight.View, gradient, inputGradient, new(weightGradient), NumberFormat.Float32, stream: stream);
            return [.. inputGradient.ToArray(stream), .. weightGradient.ToArray(stream)];
        }, input, gradient, weight, inputGradient, weightGradient);
    }

    private static StreamJob LinearHalf(AttentionDevice device, int seed)
    {
        Tensor<Half> input = device.Upload([.. RandomData.Normal(seed, 3L * (20 + seed)).Select(number => (Half)number)], [3, 20 + seed]);
        Tensor<Half> weight = device.Upload([.. RandomData.Normal(seed + 1, 7L * (20 + seed)).Select(number => (Half)number)], [7, 20 + seed]);
        Tensor<Half> output = device.Allocate<Half>([3, 7]);
        return new("Linear, fp16", stream =>
        {
            device.Linear(input, weight, bias: null, output, NumberFormat.Float16, stream: stream);
            return [.. output.ToArray(stream).Select(number => (float)number)];
        }, input, weight, output);
    }

    private static StreamJob Linear16(AttentionDevice device, int seed)
    {
        Tensor<float> input = Numbers(device, seed, [3, 20 + seed]);
        Tensor<BFloat16> weight = device.Upload([.. RandomData.Normal(seed + 1, 7L * (20 + seed)).Select(number => (BFloat16)number)], [7, 20 + seed]);
        Tensor<float> output = device.Allocate<float>([3, 7]);
        return new("Linear, bf16", stream =>
        {
            device.Linear(input, weight, bias: null, output, NumberFormat.BFloat16, stream: stream);
            return output.ToArray(stream);
        }, input, weight, output);
    }

    private static StreamJob Lookup(AttentionDevice device, int seed)
    {
        Tensor<float> embeddings = Numbers(device, seed, [7, 20 + seed]);
        Tensor<int> tokens = device.Upload([.. Enumerable.Range(seed, 5).Select(token => token % 7)], [5]);
        Tensor<float> output = device.Allocate<float>([5, 20 + seed]);
        return new("EmbeddingLookup", stream =>
        {
            device.EmbeddingLookup(embeddings, tokens, output, stream);
            return output.ToArray(stream);
        }, embeddings, tokens, output);
    }

    // A lookup, and the gradient of the table by what was found.
    private static StreamJob EmbeddingGradient(AttentionDevice device, int seed)
    {
        Tensor<float> embeddings = Numbers(device, seed, [7, 20 + seed]);
        Tensor<int> tokens = device.Upload([.. Enumerable.Range(seed, 9).Select(token => token * token % 7)], [9]);
        Tensor<float> found = device.Allocate<float>([9, 20 + seed]);
        Tensor<float> gradient = device.Allocate<float>([7, 20 + seed]);
        var zeros = new float[7 * (20 + seed)];
        return new("EmbeddingGradient", stream =>
        {
            gradient.CopyFrom(zeros, stream);
            device.EmbeddingLookup(embeddings, tokens, found, stream);
            device.EmbeddingGradient(tokens, found, gradient, stream);
            return gradient.ToArray(stream);
        }, embeddings, tokens, found, gradient);
    }

    // Into other memory, then in place.
    private static StreamJob Softmax(AttentionDevice device, int seed)
    {
        TensorShape shape = [2 + (seed % 4), 37 + seed];
        Tensor<float> logits = Numbers(device, seed, shape);
        Tensor<float> output = device.Allocate<float>(shape);
        return new("Softmax", stream =>
        {
            device.Softmax(logits, output, stream: stream);
            device.Softmax(output, output, stream: stream);
            return output.ToArray(stream);
        }, logits, output);
    }

    // An activation in place, then a gate, then a sum with a row for all.
    private static StreamJob Gate(AttentionDevice device, int seed)
    {
        TensorShape shape = [3, 24 + seed];
        Tensor<float> gate = Numbers(device, seed, shape);
        Tensor<float> up = Numbers(device, seed + 1, shape);
        Tensor<float> bias = Numbers(device, seed + 2, [shape[1]]);
        Tensor<float> output = device.Allocate<float>(shape);
        return new("Gate", stream =>
        {
            device.Activate(up, Activation.Gelu, output, bias.View, stream);
            device.Gate(gate, Activation.Silu, output, output, stream);
            device.Add(output, bias, output, stream);
            return output.ToArray(stream);
        }, gate, up, bias, output);
    }

    private static StreamJob Rotary16(AttentionDevice device, int seed)
    {
        TensorShape shape = [1, 1 + (seed % 6), 2, 16];
        Tensor<Half> heads = device.Upload([.. RandomData.Normal(seed, shape).Select(number => (Half)number)], shape);
        var table = new RotaryTable(device, positions: 32, rotaryDimension: 16);
        Tensor<Half> output = device.Allocate<Half>(shape);
        return new("RotaryEmbedding, fp16", stream =>
        {
            device.RotaryEmbedding(heads, table, output, RotaryStyle.Interleaved, NumberFormat.Float16, firstPosition: seed % 9, stream: stream);
            return [.. output.ToArray(stream).Select(number => (float)number)];
        }, heads, table, output);
    }

    private static StreamJob BatchNormTraining(AttentionDevice device, int seed)
    {
        TensorShape shape = [3, 2 + (seed % 3), 5 + seed];
        Tensor<float> input = Numbers(device, seed, shape);
        Tensor<float> mean = device.Allocate<float>([shape[1]]);
        Tensor<float> variance = device.Allocate<float>([shape[1]]);
        Tensor<float> output = device.Allocate<float>(shape);
        var zeros = new float[shape[1]];
        return new("BatchNormTraining", stream =>
        {
            mean.CopyFrom(zeros, stream);
            variance.CopyFrom(zeros, stream);
            device.BatchNormTraining(input, new BatchNormChannels(mean, variance), output, stream: stream);
            return [.. output.ToArray(stream), .. mean.ToArray(stream), .. variance.ToArray(stream)];
        }, input, mean, variance, output);
    }

    private static StreamJob BatchNormInference(AttentionDevice device, int seed)
    {
        TensorShape shape = [2, 3, 4 + seed];
        Tensor<float> input = Numbers(device, seed, shape);
        Tensor<float> statistics = device.Upload([1f, 2f, 3f], [3]);
        Tensor<float> output = device.Allocate<float>(shape);
        return new("BatchNormInference", stream =>
        {
            device.BatchNormInference(input, new BatchNormChannels(statistics, statistics), output, stream: stream);
            return output.ToArray(stream);
        }, input, statistics, output);
    }

    private static StreamJob Rotary(AttentionDevice device, int seed)
    {
        TensorShape shape = [1, 1 + (seed % 6), 2, 16];
        Tensor<float> heads = Numbers(device, seed, shape);
        var table = new RotaryTable(device, positions: 32, rotaryDimension: 16);
        Tensor<float> output = device.Allocate<float>(shape);
        return new("RotaryEmbedding", stream =>
        {
            device.RotaryEmbedding(heads, table, output, RotaryStyle.HalfSplit, firstPosition: seed % 9, stream: stream);
            return output.ToArray(stream);
        }, heads, table, output);
    }

    private static StreamJob Linear(AttentionDevice device, int seed)
    {
        Tensor<float> input = Numbers(device, seed, [1 + (seed % 5), 24 + seed]);
        Tensor<float> weight = Numbers(device, seed + 1, [7 + seed, 24 + seed]);
        Tensor<float> output = device.Allocate<float>([input.Shape[0], weight.Shape[0]]);
        return new("Linear", stream =>
        {
            device.Linear(input, weight, output, stream: stream);
            return output.ToArray(stream);
        }, input, weight, output);
    }

    private static StreamJob Attention(AttentionDevice device, int seed, AttentionAlgorithm algorithm)
    {
        TensorShape shape = [1, 1 + (seed % 3), 2, 8 + (seed % 9)];
        Tensor<float> query = Numbers(device, seed, shape);
        Tensor<float> key = Numbers(device, seed + 1, [1, 70 + (7 * seed), 1, shape[3]]);
        Tensor<float> output = device.Allocate<float>(shape);
        Tensor<float> logSumExp = device.Allocate<float>([1, shape[2], shape[1]]);
        AttentionPlan<float> plan = device.PlanAttention(
            shape, key.Shape, new CausalMask(), new AttentionOptions { Algorithm = algorithm, Splits = algorithm == AttentionAlgorithm.SplitKv ? 2 : null });
        return new($"{algorithm} attention", stream =>
        {
            plan.Run(query, key, key, output, logSumExp.View, stream);
            return [.. output.ToArray(stream), .. logSumExp.ToArray(stream)];
        }, query, key, output, logSumExp, plan);
    }

    private static StreamJob Reference(AttentionDevice device, int seed)
    {
        TensorShape shape = [1, 1 + (seed % 3), 2, 4 + (seed % 5)];
        Tensor<double> query = Doubles(device, seed, shape);
        Tensor<double> key = Doubles(device, seed + 1, [1, 9 + seed, 1, shape[3]]);
        Tensor<double> output = device.Allocate<double>(shape);
        Tensor<double> logSumExp = device.Allocate<double>([1, shape[2], shape[1]]);
        ReferenceAttentionPlan plan = device.PlanReferenceAttention(new CausalMask());
        return new("Reference attention", stream =>
        {
            plan.Run(query, key, key, output, logSumExp.View, stream);
            return [.. output.ToArray(stream).Concat(logSumExp.ToArray(stream)).Select(number => (float)number)];
        }, query, key, output, logSumExp);
    }

    private static StreamJob Quantized(AttentionDevice device, int seed)
    {
        TensorShape shape = [1, 1 + (seed % 3), 2, 8];
        Tensor<sbyte> query = device.Upload(Integers(seed, shape), shape);
        Tensor<sbyte> key = device.Upload(Integers(seed + 1, [1, 70 + seed, 1, 8]), [1, 70 + seed, 1, 8]);
        Tensor<float> scales = Numbers(device, seed, [1, shape[1], 2]);
        Tensor<float> output = device.Allocate<float>(shape);
        QuantizedAttentionPlan<float> plan = device.PlanQuantizedAttention(
            shape, key.Shape, new CausalMask(), NumberFormat.Float32, new QuantizedFormats(NumberFormat.Int8, NumberFormat.Int8, NumberFormat.Int8));
        return new("Quantised attention", stream =>
        {
            var keys = new QuantizedTensor(key.View);
            plan.Run(new QuantizedTensor(query.View, scales.View), keys, keys, output, stream: stream);
            return output.ToArray(stream);
        }, query, key, scales, output, plan);

        static sbyte[] Integers(int seed, TensorShape shape) =>
            Array.ConvertAll(RandomData.Uniform(seed, shape.ElementCount, -9, 9), static number => (sbyte)number);
    }

    private static StreamJob Ragged(AttentionDevice device, int seed)
    {
        int[] queries = [1 + (seed % 3), 0, 2], keys = [70 + (7 * seed), 3, 5 + seed];
        Tensor<float> query = Numbers(device, seed, [queries.Sum(), 2, 8]);
        Tensor<float> key = Numbers(device, seed + 1, [keys.Sum(), 1, 8]);
        Tensor<float> output = device.Allocate<float>(query.Shape);
        var shape = new RaggedShape { Sequences = 3, Heads = 2, KeyValueHeads = 1, HeadDimension = 8, MaximumQueries = queries.Max(), MaximumKeys = keys.Max() };
        RaggedAttentionPlan<float> plan = device.PlanRaggedAttention(shape, new CausalMask());
        return new("Ragged attention", stream =>
        {
            // Other lengths first, so that those of each run are copied anew.
            plan.Run(query, key, key, new RaggedLengths([queries[2], 0, queries[0]], [keys[2], 3, keys[0]]), output, stream: stream);
            plan.Run(
                query, key, key, RaggedLengths.FromOffsets([0, queries[0], queries[0], queries.Sum()], [0, keys[0], keys[0] + 3, keys.Sum()]), output,
                stream: stream);
            return output.ToArray(stream);
        }, query, key, output, plan);
    }

    private static StreamJob Paged(AttentionDevice device, int seed, bool cascade)
    {
        var cache = new PagedKeyValueCache(device, new CacheOptions { Pages = 80, PageSize = 4, KeyValueHeads = 1, HeadDimension = 8 });
        var table = new BlockTable(cache, sequences: 2, pagesPerSequence: 60);
        PagedAttentionPlan<float> plan = cascade
            ? device.PlanCascadeAttention(table, heads: 2, maximumQueries: 1, new CausalMask())
            : device.PlanPagedAttention(table, heads: 2, maximumQueries: 1, new CausalMask());
        const int Common = 132;
        Tensor<float> rows = Numbers(device, seed, [Common, 1, 8]);
        Tensor<float> query = Numbers(device, seed + 1, [2, 2, 8]);
        Tensor<float> output = device.Allocate<float>([2, 2, 8]);
        return new(cascade ? "Cascade" : "Paged attention", stream =>
        {
            using CachedSequence one = cache.Start();
            one.Extend(Common, stream);
            using (Tensor<long> slots = Slots(device, one, 0, stream))
                cache.Append(rows, rows, slots, stream: stream);
            using CachedSequence other = one.Fork();
            one.Extend(1 + (seed % 3), stream);
            other.Extend(1 + (seed % 5), stream);
            foreach (CachedSequence sequence in new[] { one, other })
            {
                TensorView<float> added = rows.Slice(0, 0, sequence.Length - Common);
                cache.Append(sequence, added, added, Common, stream: stream);
            }

            table.Set(0, one);
            table.Set(1, other);
            plan.Run(query, [1, 1], output, stream: stream);
            return output.ToArray(stream);
        }, cache, table, plan, rows, query, output);
    }

    private static StreamJob Swapped(AttentionDevice device, int seed)
    {
        var cache = new PagedKeyValueCache(device, new CacheOptions
        {
            Pages = 8,
            PageSize = 4,
            KeyValueHeads = 2,
            HeadDimension = 6,
            HostPages = 8,
            KeyFormat = NumberFormat.Int8,
        });
        Tensor<float> rows = Numbers(device, seed, [9 + (seed % 4), 2, 6]);
        return new("Swap", stream =>
        {
            using CachedSequence sequence = cache.Start();
            sequence.Extend((int)rows.Shape[0], stream);
            using Tensor<long> slots = Slots(device, sequence, 0, stream);
            cache.Append(rows, rows, slots, stream: stream);
            sequence.SwapOut(stream);
            cache.Values<float>().CopyFrom(new float[cache.Values<float>().ElementCount], stream);
            sequence.SwapIn(stream);
            float[] values = cache.Values<float>().ToArray(stream);
            return [.. Enumerable.Range(0, sequence.Length).SelectMany(token => values.Skip((int)sequence.Slot(token) * 12).Take(12))];
        }, cache, rows);
    }

    private static StreamJob TileKernel(AttentionDevice device, int seed)
    {
        Tensor<int> counts = device.Allocate<int>([50 + seed]);
        TileKernel<CountTiles, CountTilesArguments> kernel = device.LoadTileKernel<CountTiles, CountTilesArguments>();
        return new("A tile kernel of a user's", stream =>
        {
            counts.CopyFrom(new int[counts.Shape[0]], stream);
            kernel.Run(stream, new CountTilesArguments(counts.View.Data, 3 + seed), counts.Shape[0]);
            kernel.Run(stream, new CountTilesArguments(counts.View.Data, 1), counts.Shape[0]);
            return Array.ConvertAll(counts.ToArray(stream), count => (float)count);
        }, counts);
    }

    private static StreamJob Copies(AttentionDevice device, int seed) => new("Copies", stream =>
    {
        using Tensor<float> tensor = device.Upload(RandomData.Normal(seed, 200 + seed), [200 + seed], stream);
        return tensor.Slice(0, 7, 150).ToArray(stream);
    });

    private static Tensor<float> Numbers(AttentionDevice device, int seed, TensorShape shape) => device.Upload(RandomData.Normal(seed, shape), shape);

    private static Tensor<double> Doubles(AttentionDevice device, int seed, TensorShape shape) =>
        device.Upload(Array.ConvertAll(RandomData.Normal(seed, shape), number => (double)number), shape);

    private static Tensor<long> Slots(AttentionDevice device, CachedSequence sequence, int first, AcceleratorStream stream) =>
        device.Upload([.. Enumerable.Range(first, sequence.Length - first).Select(sequence.Slot)], [sequence.Length - first], stream);
}
