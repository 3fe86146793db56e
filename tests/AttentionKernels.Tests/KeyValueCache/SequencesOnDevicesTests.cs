using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using ILGPU.Runtime;
using Xunit;

namespace AttentionKernels.Tests.KeyValueCache;

/// <summary>What sequences do with pages, on the devices that hold them.</summary>
public class SequencesOnDevicesTests(TestDevices devices) : DeviceTests(devices)
{
    private static readonly CacheOptions _options = new()
    {
        Pages = 12,
        PageSize = 4,
        Layers = 2,
        KeyValueHeads = 2,
        HeadDimension = 6,
        KeyFormat = NumberFormat.Int8,
        ValueFormat = NumberFormat.Float16,
        HostPages = 6,
    };

    [Theory, EachBackend]
    public void A_table_s_copy_on_the_device_is_its_rows_whichever_of_them_change(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using var cache = new PagedKeyValueCache(device, _options);
        using var table = new BlockTable(cache, 3, 4);
        using CachedSequence one = cache.Start();
        using CachedSequence other = cache.Start();
        void Verify(int row, CachedSequence sequence)
        {
            (TensorView<int> pages, TensorView<int> lengths) = table.Upload(device.DefaultStream, default);
            device.Synchronize();
            pages.ToArray().AsSpan(row * 4, sequence.Pages.Length).ToArray().Should().Equal(sequence.Pages.ToArray());
            lengths.ToArray()[row].Should().Be(sequence.Length);
        }

        other.Extend(5);
        table.Set(2, other);
        Verify(2, other);
        one.Extend(3);
        table.Set(1, one);
        Verify(1, one);
        for (int step = 0; step < 9; step++)
        {
            other.Extend(1);
            table.Set(2, other);
            Verify(2, other);
            Verify(1, one);
        }

        // A page that was there before changes: the fork keeps the old one.
        using CachedSequence fork = other.Fork();
        other.Write(0);
        table.Set(2, other);
        Verify(2, other);
        table.Set(0, fork);
        Verify(0, fork);
        table.Clear(2);
        table.KeyLengths.ToArray().Should().Equal(fork.Length, one.Length, 0);
    }

    [Theory, EachBackend]
    public void A_row_whose_sequence_has_changed_since_is_refused(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using var cache = new PagedKeyValueCache(device, _options);
        using var foreign = new PagedKeyValueCache(device, _options);
        using var table = new BlockTable(cache, 2, 2);
        using PagedAttentionPlan<float> plan = device.PlanPagedAttention(table, 2, 1, new CausalMask());
        using Tensor<float> query = device.Allocate<float>([1, 2, 6]);
        using Tensor<float> output = device.Allocate<float>([1, 2, 6]);
        using CachedSequence sequence = cache.Start();
        using CachedSequence stranger = foreign.Start();
        void Run() => plan.Run(query, [1, 0], output);

        sequence.Extend(5);
        table.Set(0, sequence);
        Run();
        sequence.Truncate(4);
        ((Action)Run).Should().Throw<InvalidOperationException>().WithMessage("The sequence of row 0 was changed*");
        table.Set(0, sequence);
        Run();
        sequence.SwapOut();
        ((Action)Run).Should().Throw<InvalidOperationException>().WithMessage("The sequence of row 0 was swapped out*");
        table.Invoking(rows => rows.Set(0, sequence)).Should().Throw<InvalidOperationException>().WithMessage("*swapped in first*");
        sequence.SwapIn();
        table.Set(0, sequence);
        Run();
        sequence.Extend(5);
        table.Invoking(rows => rows.Set(0, sequence)).Should().Throw<ArgumentException>().WithMessage("The sequence has 3 pages*");
        table.Invoking(rows => rows.Set(0, stranger)).Should().Throw<ArgumentException>().WithMessage("*another cache*");
        table.Invoking(rows => rows.Set(2, sequence)).Should().Throw<ArgumentOutOfRangeException>();
        sequence.Dispose();
        ((Action)Run).Should().Throw<ObjectDisposedException>();
        table.Clear(0);
        plan.Run(query.Slice(0, 0, 0), [0, 0], output.Slice(0, 0, 0));
        device.Synchronize();
    }

    [Theory]
    [EachBackend(nameof(NumberFormat.Int8), nameof(NumberFormat.Float16), PageLayout.TokensFirst)]
    [EachBackend(nameof(NumberFormat.Float8E4M3), nameof(NumberFormat.Int4), PageLayout.HeadsFirst)]
    [EachBackend(nameof(NumberFormat.BFloat16), nameof(NumberFormat.Float8E5M2), PageLayout.HeadsFirst)]
    [EachBackend(nameof(NumberFormat.Float32), nameof(NumberFormat.Float32), PageLayout.TokensFirst)]
    public void Copied_and_swapped_pages_hold_the_same_bits_in_every_layer(Backend backend, string keyFormat, string valueFormat, PageLayout layout)
    {
        AttentionDevice device = Device(backend);
        using var cache = new PagedKeyValueCache(device, _options with { KeyFormat = StoredPages.Format(keyFormat), ValueFormat = StoredPages.Format(valueFormat), Layout = layout });
        using CachedSequence sequence = cache.Start();
        sequence.Extend(10);
        Append(device, cache, sequence, 0, 10, seed: 1);
        float[][] before = Content(cache, sequence);

        // Swapped out, its pages overwritten, and swapped in to others.
        sequence.SwapOut();
        using CachedSequence intruder = cache.Start();
        intruder.Extend(24);
        Append(device, cache, intruder, 0, 24, seed: 2);
        sequence.SwapIn();
        Content(cache, sequence).Should().BeEquivalentTo(before, exactly => exactly.WithStrictOrdering());

        // Written in a fork: what the other sequence has stays.
        using CachedSequence fork = sequence.Fork();
        fork.Write(9);
        fork.Extend(1);
        Append(device, cache, fork, 9, 2, seed: 3);
        Content(cache, sequence).Should().BeEquivalentTo(before, exactly => exactly.WithStrictOrdering());
        float[][] forked = Content(cache, fork);
        for (int part = 0; part < before.Length; part++)
        {
            int row = before[part].Length / 10;
            forked[part].AsSpan(0, 9 * row).ToArray().Should().Equal(before[part].AsSpan(0, 9 * row).ToArray());
            forked[part].AsSpan(9 * row, row).ToArray().Should().NotEqual(before[part].AsSpan(9 * row, row).ToArray());
        }
    }

    [Theory, EachBackend]
    public void All_of_a_step_may_be_on_a_stream_of_one_s_own(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using var cache = new PagedKeyValueCache(device, _options with { Layers = 1, KeyFormat = NumberFormat.Float32, ValueFormat = NumberFormat.Float32 });
        using var table = new BlockTable(cache, 2, 4);
        using PagedAttentionPlan<float> plan = device.PlanPagedAttention(table, 2, 1, new CausalMask());
        using PagedAttentionPlan<float> cascade = device.PlanCascadeAttention(table, 2, 1, new CausalMask());
        using AcceleratorStream first = device.Accelerator.CreateStream();
        using AcceleratorStream second = device.Accelerator.CreateStream();
        using Tensor<float> key = device.Upload(RandomData.Normal(1, 11 * 12), [11, 2, 6]);
        using Tensor<float> value = device.Upload(RandomData.Normal(2, 11 * 12), [11, 2, 6]);
        using Tensor<float> query = device.Upload(RandomData.Normal(3, 24), [2, 2, 6]);
        using Tensor<float> output = device.Allocate<float>([2, 2, 6]);
        using Tensor<float> again = device.Allocate<float>([2, 2, 6]);
        using CachedSequence sequence = cache.Start();
        sequence.Extend(9, first);
        using Tensor<long> slots = device.Upload<long>([.. Enumerable.Range(0, 9).Select(sequence.Slot)], [9]);
        device.Synchronize();

        // Appended, copied on write, swapped out and in, and attended without waiting on one stream; then on another, once that one is done.
        cache.Append(key.View.Slice(0, 0, 9), value.View.Slice(0, 0, 9), slots, stream: first);
        using CachedSequence fork = sequence.Fork();
        fork.Extend(1, first);
        fork.Write(3, first);
        long[] forked = [fork.Slot(3), fork.Slot(9)];
        using Tensor<long> forkSlots = device.Upload(forked, [2]);
        cache.Append(key.View.Slice(0, 9, 2), value.View.Slice(0, 9, 2), forkSlots, stream: first);
        sequence.SwapOut(first);
        sequence.SwapIn(first);
        table.Set(0, sequence);
        table.Set(1, fork);
        plan.Run(query, [1, 1], output, stream: first);
        first.Synchronize();
        plan.Run(query, [1, 1], again, stream: second);
        second.Synchronize();

        float[] keys = key.ToArray();
        float[] values = value.ToArray();
        float[] Tokens(float[] rows, int[] tokens) => [.. tokens.SelectMany(token => rows.AsSpan(token * 12, 12).ToArray())];
        int[] whole = [0, 1, 2, 3, 4, 5, 6, 7, 8];
        int[] written = [0, 1, 2, 9, 4, 5, 6, 7, 8, 10];
        foreach ((int row, int[] tokens) in ((int, int[])[])[(0, whole), (1, written)])
        {
            using Tensor<float> rowKey = device.Upload(Tokens(keys, tokens), [1, tokens.Length, 2, 6]);
            using Tensor<float> rowValue = device.Upload(Tokens(values, tokens), [1, tokens.Length, 2, 6]);
            using Tensor<float> alone = device.Attention(query.View.Slice(0, row, 1).Reshape([1, 1, 2, 6]), rowKey, rowValue, new CausalMask());
            output.ToArray().AsSpan(row * 12, 12).ToArray().Should().Equal(alone.ToArray());
        }

        again.ToArray().Should().Equal(output.ToArray());
        cascade.Run(query, [1, 1], output, stream: second);
        second.Synchronize();
        cascade.Run(query, [1, 1], again, stream: first);
        first.Synchronize();
        again.ToArray().Should().Equal(output.ToArray());

        using AttentionDevice other = AttentionDevice.Open("cpu");
        using AcceleratorStream foreign = other.Accelerator.CreateStream();
        int used = cache.Allocator.UsedPages;
        Action[] wrong = [() => fork.SwapOut(foreign), () => sequence.Fork().Write(0, foreign)];
        foreach (Action action in wrong)
            action.Should().Throw<ArgumentException>().WithParameterName("stream");
        (fork.IsSwappedOut, cache.Allocator.UsedPages, cache.HostAllocator.UsedPages).Should().Be((false, used, 0));
        sequence.SwapOut(first);
    }

    [Theory, EachBackend]
    public void A_cache_knows_its_watermark_its_salts_and_what_it_evicts(Backend backend)
    {
        using var cache = new PagedKeyValueCache(Device(backend), _options with { Pages = 4, Watermark = 2, SharesPrefixes = true });
        List<int> evicted = [];
        cache.PageEvicted += evicted.Add;
        int[] prompt = [1, 2, 3, 4, 5, 6, 7, 8, 9];
        cache.Allocator.CanAllocate(2).Should().BeTrue();
        cache.Allocator.CanAllocate(3).Should().BeFalse();
        using (CachedSequence sequence = cache.Start(prompt, [1]))
        {
            sequence.Extend(prompt);
            sequence.Commit();
        }

        using (CachedSequence other = cache.Start(prompt, [2]))
            other.Length.Should().Be(0, "the salt is another");
        using (CachedSequence same = cache.Start(prompt, [1]))
            same.Length.Should().Be(8);
        cache.PrefixStatistics.Should().Be(new PrefixStatistics(27, 8, 2, 0));
        using CachedSequence greedy = cache.Start();
        greedy.Extend(12);
        evicted.Should().ContainSingle();
        cache.PrefixStatistics.Evictions.Should().Be(1);
        cache.PageEvicted += _ => throw new NotSupportedException("No.");
        greedy.Invoking(sequence => sequence.Extend(4)).Should().Throw<NotSupportedException>();
        (greedy.Length, cache.Allocator.AvailablePages).Should().Be((12, 1));
    }

    [Theory, EachBackend]
    public void A_handler_of_evictions_may_read_the_page_but_not_use_the_cache(Backend backend)
    {
        using var cache = new PagedKeyValueCache(Device(backend), _options with { Pages = 2, KeyFormat = NumberFormat.Float32, SharesPrefixes = true });
        int[] prompt = [1, 2, 3, 4, 5];
        using (CachedSequence sequence = cache.Start(prompt))
        {
            sequence.Extend(prompt);
            sequence.Commit();
        }

        using CachedSequence waiting = cache.Start();
        var refused = new List<Exception?>();
        int read = 0;
        cache.PageEvicted += page =>
        {
            Action[] uses = [() => cache.Start(prompt), () => cache.Allocator.Allocate(), () => waiting.Extend(1), waiting.Dispose, cache.Dispose];
            refused.AddRange(uses.Select(Record.Exception));
            read = cache.Keys<float>().Slice(0, page, 1).ToArray().Length;
        };
        using CachedSequence greedy = cache.Start();

        greedy.Extend(8);

        refused.Should().HaveCount(5).And.AllBeOfType<InvalidOperationException>();
        read.Should().Be(_options.PageSize * _options.KeyValueHeads * _options.HeadDimension);
        greedy.Truncate(4);
        waiting.Extend(1);
    }

    [Theory, EachBackend]
    public void A_cache_may_be_disposed_while_pages_are_on_their_way_to_the_host(Backend backend)
    {
        AttentionDevice device = Device(backend);
        for (int repetition = 0; repetition < 5; repetition++)
        {
            var cache = new PagedKeyValueCache(device, _options with { Pages = 64, PageSize = 256, HostPages = 64 });
            CachedSequence sequence = cache.Start();
            sequence.Extend(64 * 256);
            sequence.SwapOut();
            cache.Dispose();
            cache.Dispose();
            sequence.Invoking(gone => gone.SwapIn()).Should().Throw<ObjectDisposedException>();
            sequence.Dispose();
        }

        device.Synchronize();
    }

    private static void Append(AttentionDevice device, PagedKeyValueCache cache, CachedSequence sequence, int first, int count, int seed)
    {
        using Tensor<long> slots = device.Upload<long>([.. Enumerable.Range(first, count).Select(sequence.Slot)], [count]);
        for (int layer = 0; layer < cache.Options.Layers; layer++)
        {
            using Tensor<float> key = device.Upload(RandomData.Normal((10 * seed) + layer, count * 12), [count, 2, 6]);
            using Tensor<float> value = device.Upload(RandomData.Normal((10 * seed) + layer + 5, count * 12), [count, 2, 6]);
            cache.Append(key, value, slots, layer);
        }

        device.Synchronize();
    }

    // The keys and values of the sequence's tokens, layer by layer.
    private static float[][] Content(PagedKeyValueCache cache, CachedSequence sequence)
    {
        cache.Device.Synchronize();
        return [.. Enumerable.Range(0, cache.Options.Layers).SelectMany(layer => (float[][][])[StoredPages.Keys(cache, layer), StoredPages.Values(cache, layer)])
            .Select(slots => Enumerable.Range(0, sequence.Length).SelectMany(token => slots[sequence.Slot(token)]).ToArray())];
    }
}
