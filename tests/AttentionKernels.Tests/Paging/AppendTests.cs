using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Paging;

/// <summary>Appending writes the slots it is given, and nothing else.</summary>
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
}
