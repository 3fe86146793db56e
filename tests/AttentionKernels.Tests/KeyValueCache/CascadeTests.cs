using AttentionKernels.Attention;
using AttentionKernels.Attention.Work;
using AttentionKernels.KeyValueCache;
using AttentionKernels.Tests.Attention;
using AttentionKernels.Tests.Infrastructure;
using CsCheck;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.KeyValueCache;

/// <summary>Cascade attention: what sequences have in common is attended once, and nothing else changes.</summary>
public class CascadeTests(TestDevices devices) : DeviceTests(devices)
{
    private static readonly int[] _pageSizes = [1, 5, 16, 64];

    // Four sequences share 130 tokens or a page more, two of them 300; one is between them without queries, one has many queries, one shares nothing.
    private static readonly int[] _queryLengths = [1, 3, 0, 1, 2, 20, 1, 1];
    private static readonly int[] _keyLengths = [331, 402, 7, 140, 329, 395, 9, 390];

    public static IEnumerable<int> PageSizes => _pageSizes;

    [Theory, EachBackend(Cases = nameof(PageSizes))]
    public void Cascades_agree_with_the_oracle(Backend backend, int pageSize)
    {
        using PagedRunner runner = Runner(Device(backend), pageSize, 4, 2, 24);
        foreach (AttentionOptions options in Options(backend))
        {
            foreach (int levels in (int[])[1, 3])
                PagedVerification.AgreesWithOracle(runner, options, new CausalMask(), new NoModifier(), new CausalMask(), new NoModifier(), levels);
        }
    }

    [Theory, EachBackend]
    public void Masks_and_modifiers_see_tokens_where_they_stand_in_their_sequence(Backend backend)
    {
        using PagedRunner runner = Runner(Device(backend), 16, 6, 2, 20);
        var window = new SlidingWindow(200);
        var parity = new ParityMask();
        foreach (AttentionOptions options in Options(backend))
        {
            PagedVerification.AgreesWithOracle(runner, options, window, new NoModifier(), window, new NoModifier(), 2);
            PagedVerification.AgreesWithOracle(runner, options, parity, new EveryThirdKey(), parity, new EveryThirdKey(), 2);
        }
    }

    [Theory, EachBackend]
    public void Modifiers_see_the_sequence_s_row_of_the_table(Backend backend)
    {
        using PagedRunner runner = Runner(Device(backend), 16, 4, 4, 16);
        foreach (AttentionOptions options in Options(backend))
        {
            (float[][] output, float[][] logSumExp) = runner.Run(new CausalMask(), new DistanceBias(0.01f), options, 2);
            (float[][] expectedOutput, float[][] expectedStates) = runner.Run(new CausalMask(), new DistanceBias(0.01f), options);
            for (int sequence = 0; sequence < output.Length; sequence++)
            {
                output[sequence].Zip(expectedOutput[sequence]).Where(pair => Math.Abs(pair.First - pair.Second) >= 1e-5f).Should().BeEmpty();
                logSumExp[sequence].Zip(expectedStates[sequence]).Where(pair => Math.Abs(pair.First - pair.Second) >= 1e-5f).Should().BeEmpty();
            }
        }
    }

    [Theory, EachBackend]
    public void Every_kernel_attends_cascades(Backend backend)
    {
        // Tiny, since a work group is as many threads on the managed CPU; one sequence has many queries.
        using var runner = new PagedRunner(Device(backend), 5, [1, 1, 9], [130, 134, 11], 2, 1, 4, 8, prefixes: [(0, 0), (0, 16), (0, 0)]);
        foreach (AttentionOptions options in Schedules.Of(backend).Where(options => options.Algorithm is null or AttentionAlgorithm.SplitKv))
            PagedVerification.AgreesWithOracle(runner, options with { Splits = null }, new CausalMask(), new NoModifier(), new CausalMask(), new NoModifier(), 1);
    }

    [Theory, EachBackend]
    public void A_quantised_cascade_agrees_with_the_oracle(Backend backend)
    {
        using var runner = new PagedRunner(
            Device(backend), 3, [1, 1, 1], [200, 190, 260], 8, 2, 32, 16,
            PagedRunner.DefaultStorage with { KeyFormat = NumberFormat.Int8, ValueFormat = NumberFormat.Float8E4M3, Scales = PageScales.TokenAndHead },
            [(0, 0), (0, 10), (1, 11)]);
        foreach (AttentionOptions options in Options(backend))
            PagedVerification.AgreesWithOracle(runner, options, new CausalMask(), new NoModifier(), new CausalMask(), new NoModifier(), 3);
    }

    [Theory, EachBackend]
    public void A_plan_follows_its_table(Backend backend)
    {
        using PagedRunner shared = Runner(Device(backend), 16, 4, 2, 16);
        using PagedAttentionPlan<float> plan = Device(backend).PlanCascadeAttention(shared.Table, 4, 20, new CausalMask());
        (float[][] first, _) = shared.Run(plan);
        int[] pages = [.. Enumerable.Range(0, 22).Select(page => (int)(shared.Table.Slot(0, page * 16 < 331 ? page * 16 : 330) / 16))];
        int[] others = [.. Enumerable.Range(0, 20).Select(page => (int)(shared.Table.Slot(4, page * 16) / 16))];

        // The first sequence becomes a copy of the fifth, so that its neighbours have less in common with it, and then itself again.
        shared.Table.Set(0, others, 320);
        (float[][] changed, _) = shared.Run(plan);
        using PagedAttentionPlan<float> anew = Device(backend).PlanCascadeAttention(shared.Table, 4, 20, new CausalMask());
        (float[][] expected, _) = shared.Run(anew);
        shared.Table.Set(0, pages.AsSpan(0, 21), 331);
        (float[][] again, _) = shared.Run(plan);

        changed.Should().BeEquivalentTo(expected, exactly => exactly.WithStrictOrdering());
        changed[0].Should().NotEqual(first[0]);
        changed[1].Should().NotEqual(first[1], "its keys are split into other work items");
        changed[7].Should().Equal(first[7]);
        again.Should().BeEquivalentTo(first, exactly => exactly.WithStrictOrdering());
    }

    [Theory, EachBackend]
    public void A_plan_follows_the_query_lengths(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using PagedRunner runner = Runner(device, 16, 4, 2, 16);
        using PagedAttentionPlan<float> plan = device.PlanCascadeAttention(runner.Table, 4, 20, new CausalMask());
        runner.Run(plan);
        int[] lengths = [1, 1, 1, 1, 1, 1, 1, 1];
        using Tensor<float> query = device.Upload(RandomData.Normal(8, 8 * 4 * 16), [8, 4, 16]);
        using Tensor<float> output = device.Allocate<float>(query.Shape);
        using Tensor<float> expected = device.Allocate<float>(query.Shape);
        using PagedAttentionPlan<float> anew = device.PlanCascadeAttention(runner.Table, 4, 20, new CausalMask());

        plan.Run(query, lengths, output);
        anew.Run(query, lengths, expected);
        device.Synchronize();

        output.ToArray().Should().Equal(expected.ToArray());
    }

    [Theory, EachBackend]
    public void A_prefix_of_more_queries_than_a_tile_has_rows_is_right(Backend backend)
    {
        // 300 rows a kv head: three work items side by side.
        int[] keyLengths = [.. Enumerable.Range(0, 50).Select(sequence => 150 + (sequence % 7))];
        using var runner = new PagedRunner(
            Device(backend), 6, [.. keyLengths.Select(_ => 1)], keyLengths, 6, 1, 8, 16, prefixes: [(0, 0), .. keyLengths.Skip(1).Select(_ => (0, 9))]);
        foreach (AttentionOptions options in Options(backend))
            PagedVerification.AgreesWithOracle(runner, options, new CausalMask(), new NoModifier(), new CausalMask(), new NoModifier(), 1);
    }

    [Theory, EachBackend]
    public void A_batch_may_be_empty(Backend backend)
    {
        using PagedRunner runner = Runner(Device(backend), 16, 4, 2, 16);
        using PagedAttentionPlan<float> plan = Device(backend).PlanCascadeAttention(runner.Table, 4, 20, new CausalMask());
        using Tensor<float> none = Device(backend).Allocate<float>([0, 4, 16]);
        using Tensor<float> output = Device(backend).Allocate<float>([0, 4, 16]);
        using var table = new BlockTable(runner.Cache, 0, 1);
        using PagedAttentionPlan<float> planForNone = Device(backend).PlanCascadeAttention(table, 4, 1, new CausalMask());

        plan.Run(none, new int[8], output);
        planForNone.Run(none, [], output);
        (float[][] first, _) = runner.Run(plan);
        (float[][] again, _) = runner.Run(plan);

        again.Should().BeEquivalentTo(first, exactly => exactly.WithStrictOrdering());
    }

    [Theory, EachBackend]
    public void What_a_cascade_cannot_be_is_refused(Backend backend)
    {
        using PagedRunner runner = Runner(Device(backend), 16, 4, 2, 16);
        void Plan(AttentionOptions options) => Device(backend).PlanCascadeAttention(runner.Table, 4, 20, new CausalMask(), options).Dispose();

        foreach (int levels in (int[])[0, 65])
        {
            ((Action)(() => Plan(new AttentionOptions { CascadeLevels = levels }))).Should().Throw<ArgumentException>()
                .WithParameterName("options").WithMessage($"There are {levels} levels of a cascade*from 1 to 64*");
        }

        ((Action)(() => Plan(new AttentionOptions { Algorithm = AttentionAlgorithm.Tiled }))).Should().Throw<ArgumentException>().WithMessage("*only SplitKv writes*");
        ((Action)(() => Plan(new AttentionOptions { Reduction = Reduction.BatchInvariant }))).Should().Throw<ArgumentException>().WithMessage("*depends on the batch*");
        Plan(new AttentionOptions());
    }

    [Fact]
    public void Segments_are_the_keys_of_every_sequence_in_order_and_common_ones_are_there_once()
    {
        // The partition is made on the host.
        var tree = Gen.Select(Gen.Int[1, 6], Gen.Int[0, 30], Gen.Int[1, 4]);
        Gen.Select(tree.Array[1, 12], Gen.Int[1, 4], Gen.Int[1, 3], Gen.OneOf(Gen.Int[2, 9], Gen.Const(1000))).Sample(
            (rows, levels, splits, itemQueries) => VerifyPartition(Device(Backend.Cpu), rows, levels, splits, itemQueries), iter: 500);
    }

    // Each row takes so many groups of pages from the row before it, and has pages of its own.
    private static void VerifyPartition(AttentionDevice device, (int Common, int Own, int Queries)[] rows, int levels, int splits, int itemQueries)
    {
        const int PageSize = 16;
        const int Unit = 4;
        using var cache = new PagedKeyValueCache(device, new CacheOptions { Pages = 400, PageSize = PageSize, KeyValueHeads = 1, HeadDimension = 1 });
        using var table = new BlockTable(cache, rows.Length, 64);
        int next = 0;
        int[] before = [];
        int[] queryLengths = [.. rows.Select(row => row.Queries - 1)];
        for (int row = 0; row < rows.Length; row++)
        {
            int[] pages = [.. before.Take(Unit * rows[row].Common), .. Enumerable.Range(next, rows[row].Own + 1)];
            next += rows[row].Own + 1;
            table.Set(row, pages, (pages.Length * PageSize) - 3);
            before = pages;
        }

        using var partition = new CascadePartition(
            table, new CascadeSizes(levels, levels + splits + 1, splits, splits > 1 ? 1000 : 0, queries => queries, itemQueries, 2, 3, AlwaysWritesStates: false));
        partition.Update(queryLengths);
        PlannedItem[] items = partition.Items.ToArray();
        (TensorView<WorkItem> uploaded, TensorView<int> tokenSequences) = partition.Upload(device.DefaultStream);
        uploaded.ToArray()[..items.Length].Should().Equal(items.Select(item => item.Item));
        tokenSequences.ToArray()[..queryLengths.Sum()].Should().Equal(queryLengths.SelectMany((queries, row) => Enumerable.Repeat(row, queries)));
        items.Where(item => item.Item.Queries > Math.Max(itemQueries, 3)).Should().BeEmpty();
        Dictionary<int, PlannedItem> last = items.Where(item => item.IsLast).ToDictionary(item => item.Item.Sequence);
        last.Keys.Should().BeEquivalentTo(Enumerable.Range(0, rows.Length).Where(row => queryLengths[row] > 0));
        int firstToken = 0;
        int stateRow = 0;
        for (int row = 0; row < rows.Length; row++)
        {
            int queries = queryLengths[row];
            PlannedItem[] own = [.. items.Where(item => item.Item.FirstToken <= firstToken && item.Item.FirstToken + item.Item.Queries >= firstToken + queries && queries > 0)
                .OrderBy(item => item.FirstState)];
            if (queries > 0)
            {
                own.Select(item => item.FirstState).Should().Equal(Enumerable.Range(0, own.Length));
                own[^1].Should().Be(last[row]);
                int key = 0;
                foreach (WorkItem item in own.Select(item => item.Item))
                {
                    item.FirstKey.Should().Be(key);
                    table.Pages(item.Sequence)[..((item.FirstKey + item.Keys) / PageSize)].ToArray()
                        .Should().Equal(table.Pages(row)[..((item.FirstKey + item.Keys) / PageSize)].ToArray());
                    key += item.Keys;
                }

                key.Should().Be(table.KeyLengths[row]);
                own.Length.Should().BeLessThanOrEqualTo(levels + splits + 1);
                last[row].HasStates.Should().Be(own.Length > 1);

                // All items have a token's states in one place, counted over the tokens of sequences with few queries.
                if (own.Length > 1)
                    own.Should().OnlyContain(item => item.StateRow + firstToken - item.Item.FirstToken == stateRow);
                stateRow += queries <= 2 ? queries : 0;
            }

            firstToken += queries;
        }

        // With levels enough, what neighbours of few queries have in common for long is in no work item of one of them.
        int[] few = [.. Enumerable.Range(0, rows.Length).Where(row => queryLengths[row] > 0)];
        for (int index = 1; index < few.Length && levels == 4 && splits == 1 && itemQueries > 100; index++)
        {
            (int one, int other) = (few[index - 1], few[index]);
            if (queryLengths[one] > 2 || queryLengths[other] > 2)
                continue;
            int common = table.Pages(one)[..(table.KeyLengths[one] / PageSize)].CommonPrefixLength(table.Pages(other)[..(table.KeyLengths[other] / PageSize)]) * PageSize;
            (common - Math.Max(last[one].Item.FirstKey, last[other].Item.FirstKey)).Should().BeLessThan(128);
        }
    }

    private static IEnumerable<AttentionOptions> Options(Backend backend) =>
        PagedVerification.ProcessorOptions(backend).Where(options => options.Algorithm is null or AttentionAlgorithm.SplitKv).Select(options => options with { Splits = null });

    private static PagedRunner Runner(AttentionDevice device, int pageSize, int heads, int keyValueHeads, int headDimension)
    {
        int some = (130 + pageSize - 1) / pageSize;
        int more = (300 + pageSize - 1) / pageSize;
        return new PagedRunner(
            device, pageSize, _queryLengths, _keyLengths, heads, keyValueHeads, headDimension, pageSize,
            prefixes: [(0, 0), (0, more), (0, 0), (0, some > 140 / pageSize ? 140 / pageSize : some), (0, some), (0, some), (0, 0), (5, some)]);
    }
}
