using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Launching;

/// <summary>Running what is planned and compiled allocates no managed memory: a server's step leaves nothing to collect.</summary>
[Trait("Speed", "Quick")]
public class AllocationTests(TestDevices devices) : DeviceTests(devices)
{
    private const int Runs = 20;

    [Theory, EachBackend(AttentionAlgorithm.Tiled, 1), EachBackend(AttentionAlgorithm.SplitKv, 1), EachBackend(AttentionAlgorithm.SplitKv, 4)]
    public void A_plan_of_attention(Backend backend, AttentionAlgorithm algorithm, int splits)
    {
        AttentionDevice device = Device(backend);
        using Tensor<float> query = device.Allocate<float>([2, 3, 4, 8]);
        using Tensor<float> key = device.Allocate<float>([2, 256, 2, 8]);
        using Tensor<float> output = device.Allocate<float>([2, 3, 4, 8]);
        using Tensor<float> logSumExp = device.Allocate<float>([2, 4, 3]);
        var options = new AttentionOptions { Algorithm = algorithm, Splits = splits };
        using AttentionPlan<float> plan = device.PlanAttention(query.Shape, key.Shape, new CausalMask(), options);

        AssertNone(device, () => plan.Run(query, key, key, output, logSumExp));
    }

    [Theory, EachBackend]
    public void Reference_attention(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using Tensor<double> query = device.Allocate<double>([2, 3, 4, 8]);
        using Tensor<double> key = device.Allocate<double>([2, 9, 2, 8]);
        using Tensor<double> output = device.Allocate<double>([2, 3, 4, 8]);
        using Tensor<double> logSumExp = device.Allocate<double>([2, 4, 3]);
        using Tensor<float> bias = device.Allocate<float>([3, 9]);
        ReferenceAttentionPlan plan = device.PlanReferenceAttention(new CausalMask(), new DenseBias(bias));

        AssertNone(device, () => plan.Run(query, key, key, output, logSumExp));
    }

    [Theory, EachBackend]
    public void Quantised_attention(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using Tensor<byte> query = device.Allocate<byte>([2, 3, 4, 8]);
        using Tensor<byte> key = device.Allocate<byte>([2, 9, 2, 8]);
        using Tensor<float> scales = device.Allocate<float>([2, 1, 2]);
        using Tensor<float> output = device.Allocate<float>([2, 3, 4, 8]);
        var formats = new QuantizedFormats(NumberFormat.Float8E4M3, NumberFormat.Float8E5M2, NumberFormat.Float8E4M3);
        using QuantizedAttentionPlan<float> plan = device.PlanQuantizedAttention(
            query.Shape, key.Shape, new CausalMask(), NumberFormat.Float32, formats);

        AssertNone(device, () =>
        {
            var keys = new QuantizedTensor(key.View, scales.View);
            plan.Run(new QuantizedTensor(query.View), keys, keys, output);
        });
    }

    [Theory, EachBackend]
    public void A_run_over_sequences_of_other_lengths(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using Tensor<float> query = device.Allocate<float>([3, 2, 8]);
        using Tensor<float> key = device.Allocate<float>([9, 1, 8]);
        using Tensor<float> output = device.Allocate<float>([3, 2, 8]);
        var shape = new RaggedShape { Sequences = 2, Heads = 2, KeyValueHeads = 1, HeadDimension = 8, MaximumQueries = 3, MaximumKeys = 9 };
        using RaggedAttentionPlan<float> plan = device.PlanRaggedAttention(shape, new CausalMask());
        int[] queries = [1, 2];
        int[] keys = [4, 5];

        AssertNone(device, () =>
        {
            (queries[0], queries[1]) = (queries[1], queries[0]);
            (keys[0], keys[1]) = (keys[1], keys[0]);
            plan.Run(query, key, key, new RaggedLengths(queries, keys), output);
            plan.Run(query, key, key, RaggedLengths.FromOffsets([0, 1, 3], [0, 4, 9]), output);
        });
    }

    [Theory, EachBackend]
    public void A_step_of_paged_attention_with_its_table_changed_and_its_tokens_appended(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using var cache = new PagedKeyValueCache(device, new CacheOptions { Pages = 8, PageSize = 4, KeyValueHeads = 1, HeadDimension = 8 });
        using var table = new BlockTable(cache, sequences: 2, pagesPerSequence: 4);
        using PagedAttentionPlan<float> plan = device.PlanPagedAttention(table, heads: 2, maximumQueries: 4, new CausalMask());
        using Tensor<float> query = device.Allocate<float>([3, 2, 8]);
        using Tensor<float> output = device.Allocate<float>([3, 2, 8]);
        using Tensor<float> rows = device.Allocate<float>([3, 1, 8]);
        using Tensor<long> slots = device.Upload<long>([0, 5, 9], [3]);
        int[] pages = [3, 1, 2, 0];
        int[] lengths = [1, 2];
        int step = 0;

        AssertNone(device, () =>
        {
            table.Set(0, pages, 4 + (step++ % 8));
            table.Set(1, pages, 16);
            (lengths[0], lengths[1]) = (lengths[1], lengths[0]);
            cache.Append(rows, rows, slots);
            plan.Run(query, lengths, output);
        });
    }

    [Theory, EachBackend]
    public void A_step_of_sequences_whose_tokens_are_appended_without_slots(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using var cache = new PagedKeyValueCache(device, new CacheOptions { Pages = 60, PageSize = 4, Layers = 2, KeyValueHeads = 1, HeadDimension = 8 });
        using Tensor<float> rows = device.Allocate<float>([3, 1, 8]);
        using CachedSequence one = cache.Start();
        one.Extend(90);
        one.Truncate(0);
        using CachedSequence other = cache.Start();

        AssertNone(device, () =>
        {
            int first = one.Length;
            for (int layer = 0; layer < 2; layer++)
            {
                cache.Append(one, rows, rows, first, layer);
                cache.Append(other, rows, rows, 0, layer);
            }
        });
    }

    [Theory, EachBackend]
    public void A_step_of_a_cascade_over_sequences_that_grow(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using var cache = new PagedKeyValueCache(device, new CacheOptions { Pages = 60, PageSize = 16, KeyValueHeads = 1, HeadDimension = 8 });
        using var table = new BlockTable(cache, sequences: 2, pagesPerSequence: 16);
        using PagedAttentionPlan<float> plan = device.PlanCascadeAttention(table, heads: 2, maximumQueries: 1, new CausalMask());
        using Tensor<float> query = device.Allocate<float>([2, 2, 8]);
        using Tensor<float> output = device.Allocate<float>([2, 2, 8]);
        using Tensor<float> rows = device.Allocate<float>([2, 1, 8]);
        using Tensor<long> slots = device.Upload<long>([0, 5], [2]);
        using CachedSequence one = cache.Start();
        one.Extend(144);
        using CachedSequence other = one.Fork();
        one.Extend(1);
        other.Extend(1);
        int[] lengths = [1, 1];
        int step = 0;

        AssertNone(device, () =>
        {
            if (step++ % 2 == 0)
                other.Extend(1);
            else
                other.Truncate(other.Length - 1);
            table.Set(0, one);
            table.Set(1, other);
            cache.Append(rows, rows, slots);
            plan.Run(query, lengths, output);
        });
    }

    [Theory, EachBackend]
    public void A_linear_layer(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using Tensor<float> input = device.Allocate<float>([3, 40]);
        using Tensor<float> weight = device.Allocate<float>([9, 40]);
        using Tensor<float> output = device.Allocate<float>([3, 9]);

        using Tensor<float> bias = device.Allocate<float>([9]);
        using Tensor<Half> halves = device.Allocate<Half>([9, 40]);
        using Tensor<Half> tokens = device.Allocate<Half>([3, 40]);
        using Tensor<Half> results = device.Allocate<Half>([3, 9]);
        LinearPlan<Half, Half> plan = device.PlanLinear(3, 9, 40, NumberFormat.Float16);

        AssertNone(device, () =>
        {
            device.Linear(input, weight, output);
            device.Linear(input, weight, bias.View, output);
            device.Linear(input, halves, bias.View, output, NumberFormat.Float16);
            device.Linear(tokens, halves, bias.View, results, NumberFormat.Float16);
            plan.Run(tokens, halves, bias.View, results);
        });
    }

    [Theory, EachBackend]
    public void Norms_and_rotary_positions(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using Tensor<float> rows = device.Allocate<float>([3, 16]);
        using Tensor<float> weight = device.Allocate<float>([16]);
        using Tensor<float> heads = device.Allocate<float>([1, 3, 2, 16]);
        using Tensor<float> keys = device.Allocate<float>([1, 3, 1, 16]);
        using Tensor<float> residual = device.Allocate<float>([3, 16]);
        using Tensor<int> positions = device.Allocate<int>([1, 3]);
        using Tensor<float> hidden = device.Allocate<float>([1, 3, 16]);
        using Tensor<float> gradient = device.Allocate<float>([3, 16]);
        using Tensor<sbyte> numbers = device.Allocate<sbyte>([3, 16]);
        using Tensor<float> scales = device.Allocate<float>([3]);
        using Tensor<float> weightGradient = device.Allocate<float>([16]);
        using Tensor<float> biasGradient = device.Allocate<float>([16]);
        using NormBackwardPlan<float> layer = device.PlanLayerNormBackward(3, 16, NumberFormat.Float32);
        using NormBackwardPlan<float> groups = device.PlanGroupNormBackward(3, 16, 4, NumberFormat.Float32);
        using var table = new RotaryTable(device, positions: 32, rotaryDimension: 16);
        NormPlan<float> norm = device.PlanLayerNorm(3, 16, NumberFormat.Float32);
        RotaryPlan<float> rotary = device.PlanRotaryEmbedding(heads.Shape, 1, table, RotaryStyle.HalfSplit, NumberFormat.Float32);

        AssertNone(device, () =>
        {
            norm.Run(rows, weight.View, weight.View, rows);
            norm.RunAdd(rows, residual, weight.View, weight.View, rows);
            rotary.Run(new RotaryHeads<float>(heads), new RotaryHeads<float>(keys), positions);
            layer.Run(rows, weight.View, residual, gradient, new(weightGradient, biasGradient));
            groups.Run(rows, weight.View, residual, gradient, new(weightGradient, biasGradient));
            device.BatchNormTrainingBackward(rows, weight.View, residual, gradient, new(weightGradient, biasGradient), NumberFormat.Float32);
            device.BatchNormInferenceBackward(
                rows, new BatchNormChannels(weight, weight), residual, gradient, default, NumberFormat.Float32);
            device.RmsNorm(rows, weight, rows);
            device.LayerNorm(rows, weight, weight, rows);
            device.BatchNormInference(rows, new BatchNormChannels(weight, weight) { Weight = weight, Bias = weight }, rows);
            device.RotaryEmbedding(heads, table, heads, RotaryStyle.HalfSplit, firstPosition: 2);
            device.RotaryEmbedding(heads, table, heads, RotaryStyle.Interleaved, positions);
            device.RotaryEmbedding(new RotaryHeads<float>(heads), new RotaryHeads<float>(keys), table, RotaryStyle.HalfSplit, positions);
            device.AddRmsNorm(rows, residual, weight, rows, NumberFormat.Float32, new NormOptions { WeightsFromOne = true });
            device.AddLayerNorm(rows, residual, weight.View, weight.View, rows, NumberFormat.Float32);
            device.AddLayerNorm(rows, residual, weight.View, weight.View, new QuantizedRows(numbers, scales), NumberFormat.Float32);
            device.RmsNorm(rows, weight, new QuantizedRows(numbers, 0.1f), NumberFormat.Float32);
            device.GroupNorm(rows, 4, weight.View, weight.View, rows);
            device.Add(rows, weight, rows);
            device.Activate(rows, Activation.Gelu, rows, weight.View);
            device.Gate(rows, Activation.Silu, residual, rows);
            device.EmbeddingLookup(rows, positions, hidden);
            device.EmbeddingGradient(positions, hidden, rows);
            device.Softmax(rows, rows);
        });
    }

    private static void AssertNone(AttentionDevice device, Action run)
    {
        // The second run is the first that waits for what was queued before: the runtime makes stubs for what it calls.
        run();
        run();
        device.Synchronize();

        // Once in a while the runtime itself allocates, on the thread that happens to be there: what runs allocate, they all do.
        Enumerable.Range(0, 3).Min(_ => Allocated()).Should().Be(0, "nothing is allocated after the first runs");

        long Allocated()
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int index = 0; index < Runs; index++)
                run();
            device.Synchronize();
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }
}
