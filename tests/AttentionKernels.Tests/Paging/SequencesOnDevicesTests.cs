using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Paging;

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
        KeyElement = PageElement.Int8,
        ValueElement = PageElement.Float16,
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

    [Theory, EachBackend]
    public void Copied_and_swapped_pages_hold_the_same_bits_in_every_layer(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using var cache = new PagedKeyValueCache(device, _options);
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
