using AttentionKernels.Tests.Attention;
using AttentionKernels.Tests.Infrastructure;
using AttentionKernels.Tests.Oracle;
using CsCheck;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.KeyValueCache;

/// <summary>Paged attention over shuffled pages, with unused pages and page tails full of NaN.</summary>
public class PagedAttentionTests(TestDevices devices) : DeviceTests(devices)
{
    private static readonly int[] _pageSizes = [1, 2, 5, 8, 16, 32, 64, 128, 256];

    public static IEnumerable<int> PageSizes => _pageSizes;

    [Theory, EachBackend(Cases = nameof(PageSizes))]
    public void Decode_and_prefill_agree_with_the_oracle_for_every_page_size(Backend backend, int pageSize)
    {
        using var runner = new PagedRunner(Device(backend), pageSize, [1, 4, 1, 0, 17], [54, 97, 1, 5, 17], 4, 2, 24, pageSize);
        foreach (AttentionOptions options in PagedVerification.ProcessorOptions(backend))
            PagedVerification.AgreesWithOracle(runner, options);
    }

    [Theory, EachBackend(Cases = nameof(PageSizes))]
    public void Paged_attention_equals_contiguous_attention_bit_for_bit(Backend backend, int pageSize)
    {
        using var runner = new PagedRunner(Device(backend), 40 + pageSize, [3, 1], [70, 129], 6, 2, 20, pageSize);
        foreach (AttentionOptions options in PagedVerification.ProcessorOptions(backend))
            PagedVerification.EqualsContiguous(runner, options);
    }

    [Theory]
    [EachBackend(64, 16, PageLayout.TokensFirst), EachBackend(80, 8, PageLayout.HeadsFirst), EachBackend(128, 1, PageLayout.HeadsFirst)]
    [EachBackend(192, 128, PageLayout.TokensFirst), EachBackend(256, 16, PageLayout.HeadsFirst), EachBackend(256, 256, PageLayout.TokensFirst)]
    public void Head_dimensions_of_models_are_right_in_both_layouts_and_schedules(Backend backend, int headDimension, int pageSize, PageLayout layout)
    {
        using var runner = new PagedRunner(
            Device(backend), headDimension + pageSize, [1, 6], [83, 41], 4, 2, headDimension, pageSize, PagedRunner.DefaultStorage with { Layout = layout });
        foreach (KernelSchedule schedule in ScheduleOf(backend))
        {
            foreach (AttentionAlgorithm algorithm in (AttentionAlgorithm[])[AttentionAlgorithm.Tiled, AttentionAlgorithm.SplitKv])
            {
                var options = new AttentionOptions { Algorithm = algorithm, Schedule = schedule, Splits = algorithm == AttentionAlgorithm.SplitKv ? 2 : null };
                PagedVerification.EqualsContiguous(runner, options);
                PagedVerification.AgreesWithOracle(runner, options);
            }
        }
    }

    [Theory, EachBackend]
    public void Every_kernel_works_over_pages(Backend backend)
    {
        // Tiny, since a work group is as many threads on the managed CPU.
        using var runner = new PagedRunner(Device(backend), 5, [1, 2], [3, 18], 2, 1, 8, 4);
        foreach (AttentionOptions options in Schedules.Of(backend))
        {
            PagedVerification.AgreesWithOracle(runner, options);
            PagedVerification.EqualsContiguous(runner, options);
        }
    }

    [Theory, EachBackend]
    public void A_mask_and_a_modifier_of_one_s_own_work_over_pages_in_every_kernel(Backend backend)
    {
        // One sequence: the modifier looks at its index, and the oracle has it alone.
        using var runner = new PagedRunner(Device(backend), 9, [3], [11], 4, 2, 10, 4);
        var (mask, modifier) = (new ParityMask(), new DistanceBias(0.125f));
        foreach (AttentionOptions options in Schedules.Of(backend))
            PagedVerification.AgreesWithOracle(runner, options, mask, modifier, mask, modifier);
    }

    [Theory, EachBackend]
    public void A_mask_and_a_modifier_may_hold_views_over_pages_in_every_kernel(Backend backend)
    {
        using var runner = new PagedRunner(Device(backend), 10, [3, 1], [9, 14], 4, 2, 10, 4);
        int[] kept = [.. Enumerable.Range(0, 14).Select(key => key % 4)];
        float[] biases = RandomData.Normal(5, 14);
        using var deviceKept = GuardedTensor<int>.Of(Device(backend), kept, [14]);
        using var deviceBiases = GuardedTensor<float>.Of(Device(backend), biases, [14]);
        foreach (AttentionOptions options in Schedules.Of(backend))
        {
            PagedVerification.AgreesWithOracle(
                runner, options, new KeptKeys(deviceKept.View.Data), new KeyBias(deviceBiases.View.Data), new HostKeptKeys(kept), new HostKeyBias(biases));
        }
    }

    [Theory, EachBackend]
    public void A_modifier_by_positions_means_the_same_in_prefill_chunk_and_decode(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using var runner = new PagedRunner(device, 14, [13], [13], 4, 2, 10, 4);
        (float[][] prefill, _) = runner.Run(new CausalMask(), new Checkerboard(), new AttentionOptions { Algorithm = AttentionAlgorithm.Tiled });
        using PagedAttentionPlan<float> plan = device.PlanPagedAttention(
            runner.Table, 4, 13, new CausalMask(), new Checkerboard(), new AttentionOptions { Algorithm = AttentionAlgorithm.Tiled });
        foreach (int last in (int[])[1, 5])
        {
            using Tensor<float> query = device.Upload(runner.Queries[0].AsSpan((13 - last) * 40).ToArray(), [last, 4, 10]);
            using Tensor<float> output = device.Allocate<float>(query.Shape);
            plan.Run(query, [last], output);
            device.Synchronize();
            output.ToArray().Zip(prefill[0].AsSpan((13 - last) * 40).ToArray(), (one, other) => Math.Abs(one - other)).Max().Should().BeLessThan(1e-6f);
        }
    }

    [Theory, EachBackend]
    public void A_plan_for_more_queries_than_a_step_has_gives_the_bits_of_a_plan_for_the_step(Backend backend)
    {
        AttentionOptions[] all =
        [
            new() { Algorithm = AttentionAlgorithm.Naive },
            new() { Algorithm = AttentionAlgorithm.Tiled },
            new() { Algorithm = AttentionAlgorithm.SplitKv, Splits = 3 },
            new() { Reduction = Reduction.BatchInvariant },
        ];
        using var runner = new PagedRunner(Device(backend), 31, [1, 3, 0, 1], [700, 70, 5, 9], 4, 2, 16, pageSize: 8);
        foreach (AttentionOptions options in all)
        {
            using PagedAttentionPlan<float> exact = runner.Device.PlanPagedAttention(runner.Table, runner.Heads, 3, new CausalMask(), options);
            using PagedAttentionPlan<float> ample = runner.Device.PlanPagedAttention(runner.Table, runner.Heads, 200, new CausalMask(), options);

            (float[][] Output, float[][] LogSumExp) expected = runner.Run(exact);
            (float[][] Output, float[][] LogSumExp) found = runner.Run(ample);

            found.Output.Should().BeEquivalentTo(expected.Output, exactly => exactly.WithStrictOrdering(), options.ToString());
            found.LogSumExp.Should().BeEquivalentTo(expected.LogSumExp, exactly => exactly.WithStrictOrdering(), options.ToString());
        }
    }

    [Theory, EachBackend]
    public void Every_run_gives_the_same_bits(Backend backend)
    {
        using var runner = new PagedRunner(Device(backend), 11, [2, 1], [5, 131], 4, 2, 12, 8);
        foreach (AttentionOptions options in Schedules.Of(backend))
        {
            Repetition.VerifySameBits(backend, options.Schedule, () =>
            {
                (float[][] output, float[][] logSumExp) = runner.Run(new CausalMask(), options);
                return [.. output.SelectMany(part => part), .. logSumExp.SelectMany(part => part)];
            });
        }
    }

    [Theory, EachBackend]
    public void Random_batches_equal_contiguous_attention_bit_for_bit(Backend backend)
    {
        Gen<(int Queries, int Cached)[]> sequences = Gen.Select(Gen.Int[0, 9], Gen.Int[0, 60]).Array[1, 5];
        Gen.Select(sequences, Gen.Int[1, 40], Gen.Int[1, 3], Gen.Int[1, 3], Gen.Int[1, 33]).Sample(
            (batch, pageSize, keyValueHeads, sharing, dimension) =>
            {
                int[] queries = [.. batch.Select(sequence => sequence.Queries)];
                int[] keys = [.. batch.Select(sequence => sequence.Queries + sequence.Cached)];
                using var runner = new PagedRunner(Device(backend), pageSize, queries, keys, keyValueHeads * sharing, keyValueHeads, dimension, pageSize);
                PagedVerification.EqualsContiguous(runner, new AttentionOptions { Algorithm = AttentionAlgorithm.Tiled });
                PagedVerification.EqualsContiguous(runner, new AttentionOptions { Algorithm = AttentionAlgorithm.SplitKv, Splits = 2 });
            },
            iter: 20, threads: 1);
    }

    [Theory, EachBackend(4, 2), EachBackend(8, 1), EachBackend(9, 9)]
    public void Batch_invariant_attention_of_a_sequence_is_the_same_alone_and_among_others(Backend backend, int heads, int keyValueHeads)
    {
        // Decoding, chunks and whole prompts, on both sides of where keys are split and of where rows are many.
        using var runner = new PagedRunner(
            Device(backend), 12, [1, 40, 3, 1, 0, 17, 4, 5], [1300, 700, 513, 512, 5, 90, 1025, 600], heads, keyValueHeads, 24, 16);
        foreach (KernelSchedule schedule in ScheduleOf(backend))
        {
            var options = new AttentionOptions { Reduction = Reduction.BatchInvariant, Schedule = schedule };
            PagedVerification.EqualsContiguous(runner, options);
            PagedVerification.AgreesWithOracle(runner, options);
        }
    }

    [Theory, EachBackend]
    public void Batch_invariant_attention_in_random_batches_is_the_same_alone(Backend backend)
    {
        Gen<(int Queries, int Cached)[]> sequences = Gen.Select(Gen.OneOf(Gen.Int[0, 6], Gen.Int[7, 50]), Gen.OneOf(Gen.Int[0, 60], Gen.Int[500, 1100])).Array[1, 4];
        Gen.Select(sequences, Gen.Int[1, 3], Gen.Int[1, 6], Gen.Int[1, 33]).Sample(
            (batch, keyValueHeads, sharing, dimension) =>
            {
                int[] queries = [.. batch.Select(sequence => sequence.Queries)];
                int[] keys = [.. batch.Select(sequence => sequence.Queries + sequence.Cached)];
                using var runner = new PagedRunner(Device(backend), 8, queries, keys, keyValueHeads * sharing, keyValueHeads, dimension, 16);
                foreach (KernelSchedule schedule in ScheduleOf(backend))
                    PagedVerification.EqualsContiguous(runner, new AttentionOptions { Reduction = Reduction.BatchInvariant, Schedule = schedule });
            },
            iter: 15, threads: 1);
    }

    [Theory, EachBackend]
    public void Mixed_batches_agree_with_the_oracle_however_the_planner_takes_them(Backend backend)
    {
        using var runner = new PagedRunner(Device(backend), 13, [1, 150, 2, 0, 1], [1500, 900, 30, 7, 513], 6, 2, 33, 16);
        PagedVerification.AgreesWithOracle(runner, new AttentionOptions());
    }

    [Theory, EachBackend]
    public void Many_small_pages_are_found(Backend backend)
    {
        // One token of one number each.
        using var runner = new PagedRunner(Device(backend), 3, [1], [32_768], 1, 1, 1, 1);
        PagedVerification.AgreesWithOracle(runner, new AttentionOptions());
    }

    [Theory, InlineData(KernelSchedule.Vector), InlineData(KernelSchedule.Simt)]
    public void Pages_beyond_2_to_the_31_numbers_are_written_and_read(KernelSchedule schedule)
    {
        // Memory that is not touched is not taken: of 2.1 GiB, one page is. OpenCL drivers for processors have no such buffers.
        const int PageSize = 256;
        const int Dimension = 1024;
        AttentionDevice device = Device(Backend.Cpu);
        using var cache = new PagedKeyValueCache(device, new CacheOptions
        {
            Pages = 8200,
            PageSize = PageSize,
            KeyValueHeads = 1,
            HeadDimension = Dimension,
            LatentDimension = 256,
            KeyFormat = NumberFormat.Int8,
            ValueFormat = NumberFormat.Int8,
            Scales = PageScales.Head,
        });
        (cache.Slots * Dimension).Should().BeGreaterThan(int.MaxValue);
        int last = cache.Options.Pages - 1;
        float[] rows = [.. RandomData.Normal(1, 2 * Dimension).Select(number => MathF.Round(30 * number))];
        using Tensor<float> latent = device.Upload(rows, [2, 1, Dimension]);
        using Tensor<long> slots = device.Upload<long>([(long)last * PageSize, ((long)last * PageSize) + 1], [2]);
        cache.AppendLatent(latent, slots);
        using var table = new BlockTable(cache, 1, 1);
        table.Set(0, [last], 2);
        using var query = GuardedTensor<float>.Of(device, RandomData.Normal(2, 2 * Dimension), [1, 2, Dimension]);
        using var output = GuardedTensor<float>.Poisoned(device, [1, 2, 256]);
        using PagedAttentionPlan<float> plan = device.PlanPagedAttention(
            table, 2, 1, new CausalMask(), new AttentionOptions { Scale = 0.001f, Algorithm = AttentionAlgorithm.SplitKv, Splits = 1, Schedule = schedule });

        plan.Run(query, [1], output);
        device.Synchronize();

        output.Verify();
        cache.Keys<sbyte>().Slice(0, last, 1).Slice(1, 0, 2).ToArray().Should().Equal(rows.Select(number => (sbyte)number));
        var inputs = new AttentionInputs
        {
            Query = query.ToArray(),
            Key = rows,
            Value = rows,
            Heads = 2,
            Keys = 2,
            HeadDimension = Dimension,
            Scale = 0.001f,
        };
        ErrorRule.Verify(
            output.ToArray(), Values(AttentionOracle.Compute(inputs, new CausalMask(), new NoModifier()).Output),
            Values(AttentionOracle.Sequential(inputs, new CausalMask(), new NoModifier())), inputs.Value);

        static T[] Values<T>(T[] output) => [.. output.Chunk(Dimension).SelectMany(row => row.Take(256))];
    }

    // Work groups are threads on the managed CPU, too many for these sizes.
    private static IEnumerable<KernelSchedule> ScheduleOf(Backend backend) => backend switch
    {
        Backend.Cuda => [KernelSchedule.Simt],
        Backend.Cpu => [KernelSchedule.Vector],
        _ => [KernelSchedule.Vector, KernelSchedule.Simt],
    };

    [Theory, EachBackend]
    public void Each_layer_has_its_own_keys_and_values(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using var cache = new PagedKeyValueCache(device, PagedRunner.DefaultStorage with { Pages = 3, PageSize = 4, Layers = 3, HeadDimension = 6 });
        using var table = new BlockTable(cache, 1, 2);
        table.Set(0, [2, 1], 5);
        using PagedAttentionPlan<float> plan = device.PlanPagedAttention(table, 2, 1, new CausalMask());
        using Tensor<float> query = device.Upload(RandomData.Normal(1, 12), [1, 2, 6]);
        using Tensor<long> slots = device.Upload<long>([8, 9, 10, 11, 4], [5]);
        var outputs = new List<float[]>();
        for (int layer = 0; layer < 3; layer++)
        {
            using Tensor<float> key = device.Upload(RandomData.Normal(2 + layer, 30), [5, 1, 6]);
            using Tensor<float> value = device.Upload(RandomData.Normal(7 + layer, 30), [5, 1, 6]);
            cache.Append(key, value, slots, layer);
            device.Synchronize();
            using Tensor<float> expected = device.Attention(
                query.View.Reshape([1, 1, 2, 6]), key.View.Reshape([1, 5, 1, 6]), value.View.Reshape([1, 5, 1, 6]), new CausalMask());
            outputs.Add(expected.ToArray());
        }

        // Backwards: what a layer has is there whenever it is asked for.
        for (int layer = 2; layer >= 0; layer--)
        {
            using var output = GuardedTensor<float>.Poisoned(device, [1, 2, 6]);
            plan.Run(query, [1], output, layer: layer);
            device.Synchronize();
            output.Verify();
            output.ToArray().Should().Equal(outputs[layer]);
        }

        outputs[0].Should().NotEqual(outputs[1]);
        plan.Invoking(called => called.Run(query, [1], query, layer: 3)).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("layer");
    }

    [Theory, EachBackend]
    public void Queries_and_outputs_may_be_fp16_over_pages_of_any_element(Backend backend)
    {
        using var runner = new PagedRunner(
            Device(backend), 6, [2, 1], [21, 40], 4, 2, 16, 8, PagedRunner.DefaultStorage with { KeyFormat = NumberFormat.BFloat16, ValueFormat = NumberFormat.Int8 });
        AttentionDevice device = Device(backend);
        Half[] queries = [.. runner.Queries.SelectMany(row => row).Select(number => (Half)number)];
        using Tensor<Half> query = device.Upload(queries, [3, 4, 16]);
        using Tensor<float> widened = device.Upload([.. queries.Select(number => (float)number)], [3, 4, 16]);
        using Tensor<Half> output = device.Allocate<Half>([3, 4, 16]);
        using Tensor<float> expected = device.Allocate<float>([3, 4, 16]);
        foreach (AttentionOptions options in PagedVerification.ProcessorOptions(backend))
        {
            using PagedAttentionPlan<Half> plan = device.PlanPagedAttention(runner.Table, 4, 2, new CausalMask(), new NoModifier(), NumberFormat.Float16, options);
            using PagedAttentionPlan<float> wide = device.PlanPagedAttention(runner.Table, 4, 2, new CausalMask(), options);

            plan.Run(query, [2, 1], output);
            wide.Run(widened, [2, 1], expected);
            device.Synchronize();

            output.ToArray().Should().Equal(expected.ToArray().Select(number => (Half)number));
        }
    }
}
