using AttentionKernels.Tests.Infrastructure;
using AttentionKernels.Tests.Launching;
using FluentAssertions;
using ILGPU.Runtime;
using Xunit;

namespace AttentionKernels.Tests.KeyValueCache;

/// <summary>Rows of one sequence are stored where appending them by slots stores them, and room is made for them or nothing happens.</summary>
[Trait("Speed", "Quick")]
public class SequenceAppendTests(TestDevices devices) : DeviceTests(devices)
{
    private const int Heads = 2;
    private const int Dimension = 6;
    private const int Row = Heads * Dimension;

    private static readonly CacheOptions _options = new() { Pages = 9, PageSize = 4, KeyValueHeads = Heads, HeadDimension = Dimension };

    [Theory, EachBackend]
    public void Rows_have_the_bits_of_rows_that_are_appended_by_slots(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using var rotary = new RotaryTable(device, 16, 4);
        foreach ((NumberFormat keys, NumberFormat values) in ((NumberFormat, NumberFormat)[])[(NumberFormat.Float32, NumberFormat.Float16), (NumberFormat.Int8, NumberFormat.Int4)])
        {
            CacheOptions options = _options with { Layers = 2, KeyFormat = keys, ValueFormat = values };
            using var cache = new PagedKeyValueCache(device, options);
            using var expected = new PagedKeyValueCache(device, options);
            StoredPages.Poison(cache);
            StoredPages.Poison(expected);
            TensorShape shape = [7, Heads, Dimension];
            using var key = GuardedTensor<float>.Of(device, RandomData.Normal(1, shape), shape, Strides.Padded(shape, 1, 3));
            using var value = GuardedTensor<float>.Of(device, RandomData.Normal(2, shape), shape);
            Half[] halves = [.. RandomData.Normal(3, shape).Select(number => (Half)number)];
            using Tensor<Half> half = device.Upload(halves, shape);
            using Tensor<int> positions = device.Upload<int>([2, 3, 4, 5, 6, 7, 8], [7]);
            var rotation = new KeyRotation(rotary, RotaryStyle.Interleaved, positions);
            using CachedSequence before = cache.Start();
            before.Extend(5);
            using CachedSequence sequence = cache.Start();
            sequence.Extend(2);
            before.Truncate(1);

            // The first layer makes room, the second finds it; then rows of another type, of tokens that are there and of some that come next.
            for (int layer = 0; layer < 2; layer++)
                cache.Append(sequence, key, value, 2, layer, rotation);
            cache.Append(sequence, half, half, NumberFormat.Float16, 6, 1);

            sequence.Length.Should().Be(13);
            using Tensor<long> slots = Slots(device, sequence, 2, 7);
            for (int layer = 0; layer < 2; layer++)
                expected.Append(key, value, slots, layer, rotation);
            using Tensor<long> next = Slots(device, sequence, 6, 7);
            expected.Append(half, half, next, NumberFormat.Float16, 1);
            device.Synchronize();
            for (int layer = 0; layer < 2; layer++)
            {
                StoredPages.Keys(cache, layer).SelectMany(row => row).Should().Equal(StoredPages.Keys(expected, layer).SelectMany(row => row));
                StoredPages.Values(cache, layer).SelectMany(row => row).Should().Equal(StoredPages.Values(expected, layer).SelectMany(row => row));
            }

            key.VerifyUnchanged();
            value.VerifyUnchanged();
        }
    }

    [Theory, EachBackend]
    public void Sequences_by_turns_have_each_its_own_rows(Backend backend)
    {
        // More tokens at each step, so that there is more room for slots on the device than before.
        AttentionDevice device = Device(backend);
        using var cache = new PagedKeyValueCache(device, _options with { Pages = 50 });
        using CachedSequence one = cache.Start();
        using CachedSequence other = cache.Start();
        using Tensor<float> rows = device.Upload(RandomData.Normal(4, 30 * Row), [30, Heads, Dimension]);
        var appended = new Dictionary<CachedSequence, List<float>> { [one] = [], [other] = [] };
        foreach ((CachedSequence sequence, int count) in ((CachedSequence, int)[])[(one, 3), (other, 1), (one, 17), (one, 0), (other, 30), (one, 30), (other, 2)])
        {
            cache.Append(sequence, rows.Slice(0, 0, count), rows.Slice(0, 30 - count, count));
            appended[sequence].AddRange(rows.Slice(0, 0, count).ToArray());
        }

        foreach ((CachedSequence sequence, List<float> numbers) in appended)
            Keys(cache, sequence).Should().Equal(numbers);
    }

    [Theory, EachBackend]
    public void A_fork_keeps_its_rows_and_a_prefix_is_found_no_longer(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using var cache = new PagedKeyValueCache(device, _options with { SharesPrefixes = true });
        using Tensor<float> rows = device.Upload(RandomData.Normal(5, 6 * Row), [6, Heads, Dimension]);
        int[] prompt = [1, 2, 3, 4, 5, 6];
        using CachedSequence sequence = cache.Start(prompt);
        sequence.Extend(prompt);
        cache.Append(sequence, rows, rows, 0);
        sequence.Commit();
        using CachedSequence fork = sequence.Fork();
        using CachedSequence found = cache.Start(prompt);
        found.Length.Should().Be(4);

        cache.Append(sequence, rows.Slice(0, 4, 2), rows.Slice(0, 4, 2), 3);

        float[] numbers = rows.ToArray();
        Keys(cache, fork).Should().Equal(numbers);
        Keys(cache, found).Should().Equal(numbers[..(4 * Row)]);
        Keys(cache, sequence).Should().Equal([.. numbers[..(3 * Row)], .. numbers[(4 * Row)..], .. numbers[(5 * Row)..]]);
        fork.Dispose();
        found.Dispose();
        using CachedSequence again = cache.Start(prompt);
        again.Length.Should().Be(4, "the page that the prefix was found in is as it was");
        again.Dispose();
        sequence.Commit();
        sequence.Truncate(3);
        cache.Append(sequence, rows.Slice(0, 0, 1), rows.Slice(0, 0, 1));
        sequence.Length.Should().Be(4);
    }

    [Theory, EachBackend]
    public void What_is_refused_changes_nothing(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using var cache = new PagedKeyValueCache(device, _options with { Pages = 3, HostPages = 3, SharesPrefixes = true });
        using var layers = new PagedKeyValueCache(device, _options with { Layers = 2 });
        using var latents = new PagedKeyValueCache(device, _options with { KeyValueHeads = 1, LatentDimension = 4 });
        using Tensor<float> rows = device.Upload(RandomData.Normal(6, 5 * Row), [5, Heads, Dimension]);
        using Tensor<float> many = device.Upload(RandomData.Normal(7, 9 * Row), [9, Heads, Dimension]);
        using Tensor<float> flat = device.Upload(RandomData.Normal(8, 5 * Row), [5, Row]);
        using CachedSequence sequence = cache.Start();
        using CachedSequence stranger = layers.Start();
        cache.Append(sequence, rows, rows);
        float[] pages = cache.Keys<float>().ToArray();

        Refuses<CacheCapacityException>(() => cache.Append(sequence, many, many), "2 pages*1 are available*");
        Refuses<ArgumentOutOfRangeException>(() => cache.Append(sequence, rows, rows, 6), "*first*");
        Refuses<ArgumentOutOfRangeException>(() => cache.Append(sequence, rows, rows, -1), "*first*");
        Refuses<ArgumentOutOfRangeException>(() => cache.Append(sequence, rows, rows, 5, 1), "*layer*");
        Refuses<ArgumentException>(() => cache.Append(sequence, flat, rows), "*'key'*[tokens, kv heads, headDim]*");
        Refuses<ArgumentException>(() => cache.Append(sequence, rows, rows.Slice(0, 0, 4)), "*'value'*[4, 2, 6]*[5, 2, 6]*");
        Refuses<ArgumentException>(() => cache.Append(stranger, rows, rows), "The sequence is of another cache*");
        Refuses<InvalidOperationException>(() => cache.AppendLatent(sequence, rows), "The cache is not latent*");
        using AttentionDevice other = AttentionDevice.Open("cpu");
        Refuses<ArgumentException>(() => cache.Append(sequence, rows, rows, stream: other.DefaultStream), "*stream*");
        AcceleratorStream disposed = device.Accelerator.CreateStream();
        disposed.Dispose();
        Refuses<ObjectDisposedException>(() => cache.Append(sequence, rows, rows, stream: disposed), "*stream*");
        Refuses<ArgumentException>(() => layers.Append(stranger, rows, rows), "*2 layers: the first token must be given*");
        stranger.Length.Should().Be(0);
        using CachedSequence latent = latents.Start();
        Refuses<InvalidOperationException>(() => latents.Append(latent, rows, rows), "*AppendLatent*");
        sequence.SwapOut();
        Refuses<InvalidOperationException>(() => cache.Append(sequence, rows, rows), "*swapped out*");
        sequence.SwapIn();

        cache.Append(sequence, rows, rows);
        Keys(cache, sequence).Should().Equal([.. rows.ToArray(), .. rows.ToArray()]);
        CachedSequence gone = cache.Start();
        gone.Dispose();
        cache.Invoking(called => called.Append(gone, rows, rows)).Should().Throw<ObjectDisposedException>();
        cache.Dispose();
        cache.Invoking(called => called.Append(sequence, rows, rows)).Should().Throw<ObjectDisposedException>();

        void Refuses<TException>(Action call, string says)
            where TException : Exception
        {
            call.Should().Throw<TException>().WithMessage(says);
            (sequence.Length, cache.Allocator.UsedPages).Should().Be((5, sequence.IsSwappedOut ? 0 : 2));
            if (!sequence.IsSwappedOut)
                cache.Keys<float>().ToArray().Should().Equal(pages);
        }
    }

    [Fact]
    public void A_launch_that_is_refused_leaves_the_sequence_as_it_was()
    {
        // That of a tile of a running kernel, which would wait for itself; of tokens that others find, in pages that are shared and are not.
        AttentionDevice device = Device(Backend.Cpu);
        using var cache = new PagedKeyValueCache(device, _options with { SharesPrefixes = true });
        using Tensor<float> rows = device.Upload(RandomData.Normal(11, 9 * Row), [9, Heads, Dimension]);
        int[] prompt = [1, 2, 3, 4, 5, 6, 7, 8, 9];
        using CachedSequence sequence = cache.Start(prompt);
        sequence.Extend(prompt);
        cache.Append(sequence, rows, rows, 0);
        sequence.Commit();
        using CachedSequence fork = sequence.Fork();
        fork.Truncate(4);
        int[] pages = sequence.Pages.ToArray();
        int used = cache.Allocator.UsedPages;
        Exception? refused = null;

        device.LoadTileKernel<RunTileAction, TileAction>().Run(
            device.DefaultStream, new TileAction((_, _) => refused = Record.Exception(() => cache.Append(sequence, rows, rows, 0))), 1);

        refused.Should().BeOfType<InvalidOperationException>();
        (sequence.Length, cache.Allocator.UsedPages).Should().Be((9, used));
        sequence.Pages.ToArray().Should().Equal(pages);
        using (CachedSequence found = cache.Start([.. prompt, 10]))
            found.Length.Should().Be(8);
        cache.Append(sequence, rows, rows);
        Keys(cache, sequence).Should().Equal([.. rows.ToArray(), .. rows.ToArray()]);
    }

    [Theory, EachBackend]
    public void What_has_no_room_leaves_others_what_they_find(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using var cache = new PagedKeyValueCache(device, _options with { Pages = 3, SharesPrefixes = true });
        using Tensor<float> rows = device.Upload(RandomData.Normal(12, 13 * Row), [13, Heads, Dimension]);
        int[] prompt = [1, 2, 3, 4, 5, 6, 7, 8, 9];
        using CachedSequence sequence = cache.Start(prompt);
        sequence.Extend(prompt);
        cache.Append(sequence, rows.Slice(0, 0, 9), rows.Slice(0, 0, 9), 0);
        sequence.Commit();
        int[] pages = sequence.Pages.ToArray();

        cache.Invoking(called => called.Append(sequence, rows, rows, 0)).Should().Throw<CacheCapacityException>();

        (sequence.Length, cache.Allocator.UsedPages).Should().Be((9, 3));
        sequence.Pages.ToArray().Should().Equal(pages);
        using CachedSequence found = cache.Start(prompt);
        found.Length.Should().Be(8);
    }

    [Theory, EachBackend]
    public void A_handler_of_evictions_may_not_append(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using var cache = new PagedKeyValueCache(device, _options with { Pages = 2, SharesPrefixes = true });
        using Tensor<float> rows = device.Upload(RandomData.Normal(9, 5 * Row), [5, Heads, Dimension]);
        int[] prompt = [1, 2, 3, 4, 5];
        using (CachedSequence sequence = cache.Start(prompt))
        {
            sequence.Extend(prompt);
            cache.Append(sequence, rows, rows, 0);
            sequence.Commit();
        }

        using CachedSequence greedy = cache.Start();
        Exception? refused = null;
        cache.PageEvicted += _ => refused = Record.Exception(() => cache.Append(greedy, rows, rows));

        cache.Append(greedy, rows, rows);

        refused.Should().BeOfType<InvalidOperationException>();
        Keys(cache, greedy).Should().Equal(rows.ToArray());
    }

    [Theory, EachBackend]
    public void Latents_have_the_bits_of_latents_that_are_appended_by_slots(Backend backend)
    {
        AttentionDevice device = Device(backend);
        CacheOptions options = _options with { KeyValueHeads = 1, LatentDimension = 4 };
        using var cache = new PagedKeyValueCache(device, options);
        using var expected = new PagedKeyValueCache(device, options);
        StoredPages.Poison(cache);
        StoredPages.Poison(expected);
        using var table = new RotaryTable(device, 16, 2);
        using Tensor<float> rows = device.Upload(RandomData.Normal(10, 5 * Dimension), [5, 1, Dimension]);
        BFloat16[] rounded = Array.ConvertAll(rows.ToArray(), number => (BFloat16)number);
        using Tensor<BFloat16> half = device.Upload(rounded, rows.Shape);
        using Tensor<int> positions = device.Upload<int>([0, 1, 2, 3, 4], [5]);
        var rotation = new KeyRotation(table, RotaryStyle.HalfSplit, positions);
        using CachedSequence sequence = cache.Start();

        cache.AppendLatent(sequence, rows, rotation: rotation);
        cache.AppendLatent(sequence, half, NumberFormat.BFloat16);

        using Tensor<long> slots = Slots(device, sequence, 0, 5);
        expected.AppendLatent(rows, slots, rotation: rotation);
        using Tensor<long> next = Slots(device, sequence, 5, 5);
        expected.AppendLatent(half, next, NumberFormat.BFloat16);
        device.Synchronize();
        cache.Keys<float>().ToArray().Should().Equal(expected.Keys<float>().ToArray());
    }

    private static Tensor<long> Slots(AttentionDevice device, CachedSequence sequence, int first, int count)
    {
        long[] slots = new long[count];
        sequence.Slots(first, slots);
        return device.Upload(slots, [count]);
    }

    private static float[] Keys(PagedKeyValueCache cache, CachedSequence sequence)
    {
        float[][] slots = StoredPages.Keys(cache);
        return [.. Enumerable.Range(0, sequence.Length).SelectMany(token => slots[sequence.Slot(token)])];
    }
}
