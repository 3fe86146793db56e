using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.KeyValueCache;

/// <summary>Appending writes the slots it is given, and nothing else.</summary>
[Trait("Speed", "Quick")]
public class AppendTests(TestDevices devices) : DeviceTests(devices)
{
    private const int Row = 6;

    [Theory, EachBackend]
    public void Tokens_land_in_their_slots(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using PagedKeyValueCache cache = PoisonedCache(device);
        long[] slots = [11, 0, 7];
        float[] keys = RandomData.Normal(1, 3 * Row);
        float[] values = RandomData.Normal(2, 3 * Row);

        Append(cache, keys, values, slots);

        float[] keyPages = cache.Keys<float>().ToArray();
        float[] valuePages = cache.Values<float>().ToArray();
        for (int slot = 0; slot < cache.Slots; slot++)
        {
            int token = Array.IndexOf(slots, slot);
            float[] key = keyPages.AsSpan(slot * Row, Row).ToArray();
            float[] value = valuePages.AsSpan(slot * Row, Row).ToArray();
            if (token < 0)
            {
                key.Should().OnlyContain(element => float.IsNaN(element));
                value.Should().OnlyContain(element => float.IsNaN(element));
            }
            else
            {
                key.Should().Equal(keys.AsSpan(token * Row, Row).ToArray());
                value.Should().Equal(values.AsSpan(token * Row, Row).ToArray());
            }
        }
    }

    [Theory, EachBackend]
    public void Slots_that_are_none_leave_the_cache_as_it_was(Backend backend)
    {
        using PagedKeyValueCache cache = PoisonedCache(Device(backend));

        Append(cache, RandomData.Normal(1, 4 * Row), RandomData.Normal(2, 4 * Row), [-1, 12, long.MinValue, 1L << 40]);

        cache.Keys<float>().ToArray().Should().OnlyContain(element => float.IsNaN(element));
        cache.Values<float>().ToArray().Should().OnlyContain(element => float.IsNaN(element));
    }

    [Theory, EachBackend]
    public void No_tokens_are_legal(Backend backend)
    {
        using PagedKeyValueCache cache = PoisonedCache(Device(backend));

        Append(cache, [], [], []);

        cache.Keys<float>().ToArray().Should().OnlyContain(element => float.IsNaN(element));
    }

    private static PagedKeyValueCache PoisonedCache(AttentionDevice device)
    {
        var cache = new PagedKeyValueCache(device, new CacheOptions { Pages = 3, PageSize = 4, KeyValueHeads = 2, HeadDimension = 3 });
        cache.Keys<float>().CopyFrom(Enumerable.Repeat(float.NaN, 12 * Row).ToArray());
        cache.Values<float>().CopyFrom(Enumerable.Repeat(float.NaN, 12 * Row).ToArray());
        return cache;
    }

    private static void Append(PagedKeyValueCache cache, float[] keys, float[] values, long[] slots)
    {
        TensorShape shape = [slots.Length, 2, 3];
        using var key = GuardedTensor<float>.Of(cache.Device, keys, shape);
        using var value = GuardedTensor<float>.Of(cache.Device, values, shape);
        using Tensor<long> slotMapping = cache.Device.Upload(slots, [slots.Length]);
        cache.Append(key, value, slotMapping);
        cache.Device.Synchronize();
        key.VerifyUnchanged();
        value.VerifyUnchanged();
    }

    [Theory, EachBackend]
    public void Rotation_on_the_way_gives_the_bits_of_rotary_embedding_and_then_appending(Backend backend)
    {
        AttentionDevice device = Device(backend);
        foreach (RotaryStyle style in Enum.GetValues<RotaryStyle>())
        {
            foreach ((int heads, int dimension, int rotaryDimension) in ((int, int, int)[])[(2, 8, 8), (3, 10, 6), (1, 64, 2)])
            {
                var options = new CacheOptions { Pages = 3, PageSize = 4, Layers = 2, KeyValueHeads = heads, HeadDimension = dimension, Layout = PageLayout.HeadsFirst };
                using var cache = new PagedKeyValueCache(device, options);
                using var expected = new PagedKeyValueCache(device, options);
                StoredPages.Poison(cache);
                StoredPages.Poison(expected);
                using var table = new RotaryTable(device, 16, rotaryDimension);
                TensorShape shape = [5, heads, dimension];
                using var key = GuardedTensor<float>.Of(device, RandomData.Normal(dimension, 5 * heads * dimension), shape, Strides.Padded(shape, 1, 3));
                using Tensor<float> value = device.Upload(RandomData.Normal(1, 5 * heads * dimension), shape);
                using Tensor<float> rotated = device.Allocate<float>([1, 5, heads, dimension]);
                using Tensor<long> slots = device.Upload<long>([7, -1, 0, 11, 2], [5]);
                using Tensor<int> positions = device.Upload<int>([15, 3, 0, 8, 8], [5]);

                cache.Append(key, value, slots, layer: 1, new KeyRotation(table, style, positions));
                using Tensor<float> dense = device.Upload(key.ToArray(), [1, 5, heads, dimension]);
                device.RotaryEmbedding(dense, table, rotated, style, positions.View.Reshape([1, 5]));
                expected.Append(rotated.View.Reshape(shape), value, slots, layer: 1);
                device.Synchronize();

                key.VerifyUnchanged();
                for (int layer = 0; layer < 2; layer++)
                {
                    cache.Keys<float>(layer).ToArray().Should().Equal(expected.Keys<float>(layer).ToArray());
                    cache.Values<float>(layer).ToArray().Should().Equal(expected.Values<float>(layer).ToArray());
                }

                cache.Keys<float>(0).ToArray().Should().OnlyContain(number => float.IsNaN(number), "the other layer is as it was");
            }
        }
    }

    [Theory, EachBackend]
    public void Rows_of_whole_fours_have_the_bits_of_rows_that_begin_anywhere(Backend backend)
    {
        AttentionDevice device = Device(backend);
        foreach ((RotaryStyle style, NumberFormat format, int dimension) in
            from style in Enum.GetValues<RotaryStyle>() from format in NumberFormat.All from dimension in (int[])[24, 136] select (style, format, dimension))
        {
            var options = new CacheOptions
            {
                Pages = 3,
                PageSize = 4,
                KeyValueHeads = 3,
                HeadDimension = dimension,
                KeyFormat = format,
                ValueFormat = format,
                Scales = dimension == 24 ? PageScales.Head : PageScales.TokenAndHead,
            };
            using var cache = new PagedKeyValueCache(device, options);
            using var expected = new PagedKeyValueCache(device, options);
            StoredPages.Poison(cache);
            StoredPages.Poison(expected);
            using var table = new RotaryTable(device, 16, 16);
            TensorShape shape = [6, 3, dimension];
            float[] numbers = RandomData.Normal(dimension, shape);
            using Tensor<float> rows = device.Upload(numbers, shape);
            using var anywhere = GuardedTensor<float>.Of(device, numbers, shape, Strides.Padded(shape, 1, 3));
            using Tensor<long> slots = device.Upload<long>([7, -1, 0, 11, 2, 12], [6]);
            using Tensor<int> positions = device.Upload<int>([15, 3, 0, 8, 16, 8], [6]);
            var rotation = new KeyRotation(table, style, positions);

            cache.Append(rows, rows, slots, rotation: rotation);
            expected.Append(anywhere, anywhere, slots, rotation: rotation);
            device.Synchronize();

            StoredPages.KeyBytes(cache).Should().Equal(StoredPages.KeyBytes(expected), $"{format} {style}");
            StoredPages.ValueBytes(cache).Should().Equal(StoredPages.ValueBytes(expected), $"{format} {style}");
            cache.KeyScales(0).ToArray().Should().Equal(expected.KeyScales(0).ToArray());
        }
    }

    [Theory, EachBackend]
    public void A_position_without_angles_gives_a_key_of_NaN(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using var cache = new PagedKeyValueCache(device, new CacheOptions { Pages = 1, PageSize = 4, KeyValueHeads = 1, HeadDimension = 4 });
        using var table = new RotaryTable(device, 6, 2);
        using Tensor<float> rows = device.Upload(RandomData.Normal(3, 12), [3, 1, 4]);
        using Tensor<long> slots = device.Upload<long>([0, 1, 2], [3]);
        using Tensor<int> positions = device.Upload<int>([6, -1, 5], [3]);

        cache.Append(rows, rows, slots, rotation: new KeyRotation(table, RotaryStyle.HalfSplit, positions));
        device.Synchronize();

        float[] keys = cache.Keys<float>().ToArray();
        keys[..8].Should().OnlyContain(number => float.IsNaN(number));
        keys[8..12].Should().NotContain(number => float.IsNaN(number));
        cache.Values<float>().ToArray()[..12].Should().Equal(rows.ToArray());
    }

    [Theory, EachBackend]
    public void Tokens_of_another_element_type_are_stored_as_the_cache_stores_numbers(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using var cache = new PagedKeyValueCache(device, new CacheOptions
        {
            Pages = 1,
            PageSize = 4,
            KeyValueHeads = 2,
            HeadDimension = 3,
            KeyFormat = NumberFormat.Float32,
            ValueFormat = NumberFormat.BFloat16,
        });
        Half[] numbers = [.. RandomData.Normal(4, 12).Select(number => (Half)number)];
        using Tensor<Half> rows = device.Upload(numbers, [2, 2, 3]);
        using Tensor<long> slots = device.Upload<long>([3, 1], [2]);

        cache.Append(rows, rows, slots, NumberFormat.Float16);
        device.Synchronize();

        float[] keys = cache.Keys<float>().ToArray();
        BFloat16[] values = cache.Values<BFloat16>().ToArray();
        keys[18..24].Should().Equal(numbers[..6].Select(number => (float)number));
        keys[6..12].Should().Equal(numbers[6..].Select(number => (float)number));
        values[18..24].Should().Equal(numbers[..6].Select(number => (BFloat16)(float)number));
    }
}
