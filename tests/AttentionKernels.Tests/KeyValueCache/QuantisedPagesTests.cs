using AttentionKernels.Tests.Attention;
using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.KeyValueCache;

/// <summary>Pages of every element, layout and kind of scale: what is stored is near what was appended, and attention is right over what is stored.</summary>
public class QuantisedPagesTests(TestDevices devices) : DeviceTests(devices)
{
    private static readonly (NumberFormat Key, NumberFormat Value, PageScales Scales, PageLayout Layout)[] _ways =
    [
        (NumberFormat.Float16, NumberFormat.Float16, PageScales.TokenAndHead, PageLayout.TokensFirst),
        (NumberFormat.BFloat16, NumberFormat.Float32, PageScales.TokenAndHead, PageLayout.HeadsFirst),
        (NumberFormat.Float32, NumberFormat.Float32, PageScales.TokenAndHead, PageLayout.HeadsFirst),
        (NumberFormat.Int8, NumberFormat.Int8, PageScales.TokenAndHead, PageLayout.TokensFirst),
        (NumberFormat.Int4, NumberFormat.Int4, PageScales.Head, PageLayout.TokensFirst),
        (NumberFormat.Float8E4M3, NumberFormat.Float8E4M3, PageScales.Layer, PageLayout.TokensFirst),
        (NumberFormat.Float8E4M3, NumberFormat.Float8E5M2, PageScales.TokenAndHead, PageLayout.HeadsFirst),
        (NumberFormat.Float8E5M2, NumberFormat.Int8, PageScales.Head, PageLayout.TokensFirst),
        (NumberFormat.Int8, NumberFormat.Int8, PageScales.Layer, PageLayout.HeadsFirst),
        (NumberFormat.Int4, NumberFormat.Int4, PageScales.TokenAndHead, PageLayout.HeadsFirst),
        (NumberFormat.Int4, NumberFormat.Int4, PageScales.Layer, PageLayout.TokensFirst),
        (NumberFormat.Float8E4M3, NumberFormat.Float8E4M3, PageScales.Head, PageLayout.HeadsFirst),
        (NumberFormat.Float8E4M3, NumberFormat.Float8E5M2, PageScales.Layer, PageLayout.TokensFirst),
    ];

    public static IEnumerable<int> Ways => Enumerable.Range(0, _ways.Length);

    [Theory, EachBackend(Cases = nameof(Ways))]
    public void Decode_and_prefill_agree_with_the_oracle_on_what_is_stored(Backend backend, int way)
    {
        // An odd head dimension: the last unit of int4 is half empty. With 5 heads sharing one, prefill takes panels and decode rows.
        using var runner = new PagedRunner(Device(backend), way, [1, 4, 1, 0, 9], [54, 97, 1, 5, 9], 10, 2, 21, 8, Storage(way));
        foreach (AttentionOptions options in PagedVerification.ProcessorOptions(backend))
            PagedVerification.AgreesWithOracle(runner, options);
    }

    [Theory, EachBackend(Cases = nameof(Ways))]
    public void Every_kernel_reads_what_is_stored(Backend backend, int way)
    {
        // Tiny, since a work group is as many threads on the managed CPU.
        using var runner = new PagedRunner(Device(backend), way, [1, 2], [3, 18], 2, 1, 8, 4, Storage(way));
        foreach (AttentionOptions options in Schedules.Of(backend))
            PagedVerification.AgreesWithOracle(runner, options);
    }

    [Theory, EachBackend(Cases = nameof(Ways))]
    public void Stored_numbers_are_the_nearest_to_those_appended(Backend backend, int way)
    {
        const int Heads = 3;
        const int Dimension = 19;
        const int Tokens = 12;
        AttentionDevice device = Device(backend);
        using var cache = new PagedKeyValueCache(device, Storage(way) with { Pages = 4, PageSize = 4, KeyValueHeads = Heads, HeadDimension = Dimension, Layers = 2 });
        StoredPages.Poison(cache);
        SetScales(cache, 1);
        float[] keys = RandomData.Normal(1, Tokens * Heads * Dimension);
        float[] values = RandomData.Normal(2, keys.Length);
        long[] slots = [.. Enumerable.Range(0, Tokens).Select(token => (long)((token * 5) + 2) % 16)];
        using var key = GuardedTensor<float>.Of(device, keys, [Tokens, Heads, Dimension]);
        using var value = GuardedTensor<float>.Of(device, values, [Tokens, Heads, Dimension]);
        using Tensor<long> slotMapping = device.Upload(slots, [Tokens]);

        cache.Append(key, value, slotMapping, layer: 1);
        device.Synchronize();

        Verify(StoredPages.Keys(cache, 1), keys, _ways[way].Key);
        Verify(StoredPages.Values(cache, 1), values, _ways[way].Value);

        void Verify(float[][] stored, float[] appended, NumberFormat format)
        {
            for (int token = 0; token < Tokens; token++)
            {
                for (int head = 0; head < Heads; head++)
                {
                    float[] row = appended.AsSpan(((token * Heads) + head) * Dimension, Dimension).ToArray();
                    float[] result = stored[slots[token]].AsSpan(head * Dimension, Dimension).ToArray();
                    float scale = _ways[way].Scales == PageScales.TokenAndHead ? row.Max(Math.Abs) / Largest(format) : GivenScale;
                    for (int index = 0; index < Dimension; index++)
                        ((double)result[index]).Should().BeApproximately(row[index], Step(format, row[index], scale) * 0.5001, "token {0}, head {1}, element {2}", token, head, index);
                }
            }
        }
    }

    [Theory, EachBackend]
    public void A_number_that_is_none_shows_in_its_head_and_nowhere_else(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using var cache = new PagedKeyValueCache(device, new CacheOptions
        {
            Pages = 1,
            PageSize = 2,
            KeyValueHeads = 2,
            HeadDimension = 4,
            KeyFormat = NumberFormat.Int8,
            ValueFormat = NumberFormat.Int4,
        });
        float[] rows = RandomData.Normal(1, 16);
        rows[5] = float.NaN;
        rows[14] = float.PositiveInfinity;
        using Tensor<float> tokens = device.Upload(rows, [2, 2, 4]);
        using Tensor<long> slots = device.Upload([0L, 1L], [2]);

        cache.Append(tokens, tokens, slots);
        device.Synchronize();

        foreach (float[][] stored in new[] { StoredPages.Keys(cache), StoredPages.Values(cache) })
        {
            stored[0][..4].Should().OnlyContain(number => float.IsFinite(number));
            stored[0][4..].Should().OnlyContain(number => float.IsNaN(number));
            stored[1][..4].Should().OnlyContain(number => float.IsFinite(number));
            stored[1][4..].Should().OnlyContain(number => float.IsNaN(number));
        }
    }

    [Theory, EachBackend(nameof(NumberFormat.Float8E4M3)), EachBackend(nameof(NumberFormat.Float8E5M2))]
    [EachBackend(nameof(NumberFormat.Int8)), EachBackend(nameof(NumberFormat.Int4))]
    public void Heads_of_zeros_and_of_the_smallest_numbers_stay_numbers(Backend backend, string formatName)
    {
        NumberFormat format = StoredPages.Format(formatName);
        AttentionDevice device = Device(backend);
        using var cache = new PagedKeyValueCache(
            device, new CacheOptions { Pages = 1, PageSize = 4, KeyValueHeads = 1, HeadDimension = 3, KeyFormat = format, ValueFormat = format });
        float[] rows = [0f, 0f, -0f, 0f, float.Epsilon, 0f, 1e-38f, 0f, -1e-40f, 3e-36f, -2e-35f, 0f];
        using Tensor<float> tokens = device.Upload(rows, [4, 1, 3]);
        using Tensor<long> slots = device.Upload([0L, 1L, 2L, 3L], [4]);

        cache.Append(tokens, tokens, slots);
        device.Synchronize();

        float[] stored = [.. StoredPages.Keys(cache).SelectMany(row => row)];
        StoredPages.Values(cache).SelectMany(row => row).Should().Equal(stored);
        for (int index = 0; index < rows.Length; index++)
        {
            // Half a step of the largest of the head, or of what a device may take for 0.
            float largest = rows.AsSpan(index / 3 * 3, 3).ToArray().Max(Math.Abs);
            ((double)stored[index]).Should().BeApproximately(rows[index], Math.Max(largest / 7f, 1.2e-38f));
        }
    }

    [Theory, EachBackend]
    public void Keys_are_rotated_before_they_are_quantised(Backend backend)
    {
        AttentionDevice device = Device(backend);
        var options = new CacheOptions
        {
            Pages = 2,
            PageSize = 4,
            KeyValueHeads = 2,
            HeadDimension = 10,
            Layout = PageLayout.HeadsFirst,
            KeyFormat = NumberFormat.Int4,
            ValueFormat = NumberFormat.Int8,
        };
        foreach (RotaryStyle style in Enum.GetValues<RotaryStyle>())
        {
            using var cache = new PagedKeyValueCache(device, options);
            using var expected = new PagedKeyValueCache(device, options);
            StoredPages.Poison(cache);
            StoredPages.Poison(expected);
            using var table = new RotaryTable(device, 9, 6);
            using Tensor<float> rows = device.Upload(RandomData.Normal(3, 60), [3, 2, 10]);
            using Tensor<float> rotated = device.Allocate<float>([1, 3, 2, 10]);
            using Tensor<long> slots = device.Upload<long>([6, 1, 3], [3]);
            using Tensor<int> positions = device.Upload<int>([8, 0, 5], [3]);

            cache.Append(rows, rows, slots, rotation: new KeyRotation(table, style, positions));
            device.RotaryEmbedding(rows.View.Reshape([1, 3, 2, 10]), table, rotated, style, positions.View.Reshape([1, 3]));
            expected.Append(rotated.View.Reshape([3, 2, 10]), rows, slots);
            device.Synchronize();

            cache.Keys<byte>().ToArray().Should().Equal(expected.Keys<byte>().ToArray());
            cache.KeyScales().ToArray().Should().Equal(expected.KeyScales().ToArray());
            cache.Values<sbyte>().ToArray().Should().Equal(expected.Values<sbyte>().ToArray());
        }
    }

    private const float GivenScale = 0.375f;

    private static CacheOptions Storage(int way) => PagedRunner.DefaultStorage with
    {
        KeyFormat = _ways[way].Key,
        ValueFormat = _ways[way].Value,
        Scales = _ways[way].Scales,
        Layout = _ways[way].Layout,
    };

    private static void SetScales(PagedKeyValueCache cache, int layer)
    {
        if (cache.Options.Scales == PageScales.TokenAndHead)
            return;
        cache.SetScales(
            [.. Enumerable.Repeat(GivenScale, (int)cache.KeyScales(layer).ElementCount)], [.. Enumerable.Repeat(GivenScale, (int)cache.ValueScales(layer).ElementCount)], layer);
    }

    private static float Largest(NumberFormat format) => format.ToString() switch
    {
        nameof(NumberFormat.Int8) => 127f,
        nameof(NumberFormat.Int4) => 7f,
        nameof(NumberFormat.Float8E4M3) => 448f,
        nameof(NumberFormat.Float8E5M2) => 57344f,
        _ => 1f,
    };

    // The distance of stored numbers around a number; of those beyond the largest, what they miss it by.
    private static double Step(NumberFormat format, float number, float scale)
    {
        double scaled = Math.Abs((double)number) / scale;
        double beyond = Math.Max(0, scaled - Largest(format));
        return format.ToString() switch
        {
            nameof(NumberFormat.Float32) => 0,
            nameof(NumberFormat.Float16) => Binade(number, 10, -24),
            nameof(NumberFormat.BFloat16) => Binade(number, 7, -133),
            nameof(NumberFormat.Float8E4M3) => scale * ((2 * beyond) + Binade(scaled, 3, -9)),
            nameof(NumberFormat.Float8E5M2) => scale * ((2 * beyond) + Binade(scaled, 2, -16)),
            _ => scale * ((2 * beyond) + 1),
        };

        static double Binade(double value, int fractionBits, int smallest) =>
            Math.Pow(2, Math.Max(smallest, Math.Floor(Math.Log2(Math.Max(Math.Abs(value), double.Epsilon))) - fractionBits));
    }
}
