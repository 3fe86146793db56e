using AttentionKernels.Tests.Attention;
using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.KeyValueCache;

/// <summary>Multi-head latent attention: one row a token is the key of all heads, and its first elements are their value.</summary>
public class LatentAttentionTests(TestDevices devices) : DeviceTests(devices)
{
    [Theory, EachBackend]
    public void Decode_and_prefill_agree_with_the_oracle_in_the_dimensions_of_DeepSeek(Backend backend)
    {
        using PagedRunner runner = Runner(Device(backend), 512, 64, 16, [1, 2, 1], [70, 33, 1]);
        foreach (AttentionOptions options in Schedules.Of(backend).Where(options => backend != Backend.Cpu || options.Schedule != KernelSchedule.Simt))
            AgreesWithOracle(runner, options);
    }

    [Theory, EachBackend]
    public void Every_kernel_works_over_a_latent_cache(Backend backend)
    {
        // Tiny, since a work group is as many threads on the managed CPU; dimensions that fill no vector.
        using PagedRunner runner = Runner(Device(backend), 5, 2, 3, [1, 4], [17, 9]);
        foreach (AttentionOptions options in Schedules.Of(backend))
            AgreesWithOracle(runner, options);
    }

    [Theory, EachBackend]
    public void A_cascade_works_over_a_latent_cache(Backend backend)
    {
        using PagedRunner runner = Runner(Device(backend), 32, 8, 4, [1, 1], [150, 140], prefixes: [(0, 0), (0, 8)]);
        foreach (AttentionOptions options in PagedVerification.ProcessorOptions(backend).Where(options => options.Algorithm is AttentionAlgorithm.SplitKv))
            AgreesWithOracle(runner, options with { Splits = null }, levels: 1);
    }

    [Theory, EachBackend]
    public void Quantised_latents_agree_with_the_oracle(Backend backend)
    {
        foreach (NumberFormat element in (NumberFormat[])[NumberFormat.Int8, NumberFormat.Int4, NumberFormat.Float8E4M3, NumberFormat.BFloat16])
        {
            using PagedRunner runner = Runner(Device(backend), 24, 7, 4, [1, 5], [40, 23], PagedRunner.DefaultStorage with { KeyFormat = element, ValueFormat = element });
            foreach (AttentionOptions options in PagedVerification.ProcessorOptions(backend))
                AgreesWithOracle(runner, options);
        }
    }

    [Theory, EachBackend]
    public void Rotation_turns_the_last_elements_of_a_row(Backend backend)
    {
        AttentionDevice device = Device(backend);
        const int Latent = 6;
        const int Rotary = 4;
        using var cache = new PagedKeyValueCache(device, Options(Latent, Rotary) with { Pages = 2, PageSize = 4 });
        StoredPages.Poison(cache);
        float[] rows = RandomData.Normal(1, 3 * (Latent + Rotary));
        using var latent = GuardedTensor<float>.Of(device, rows, [3, 1, Latent + Rotary]);
        using Tensor<long> slots = device.Upload<long>([6, -1, 1], [3]);
        using Tensor<int> positions = device.Upload<int>([3, 0, 5], [3]);
        using var table = new RotaryTable(device, 8, Rotary);
        using Tensor<float> tail = device.Upload<float>([.. rows.Chunk(Latent + Rotary).SelectMany(row => row[Latent..])], [1, 3, 1, Rotary]);
        using Tensor<float> rotated = device.Allocate<float>([1, 3, 1, Rotary]);

        cache.AppendLatent(latent, slots, rotation: new KeyRotation(table, RotaryStyle.Interleaved, positions));
        device.RotaryEmbedding(tail, table, rotated, RotaryStyle.Interleaved, positions.View.Reshape([1, 3]));
        device.Synchronize();

        latent.VerifyUnchanged();
        float[] stored = cache.Keys<float>().ToArray();
        float[] expected = rotated.ToArray();
        stored.AsSpan(6 * (Latent + Rotary), Latent + Rotary).ToArray().Should().Equal([.. rows[..Latent], .. expected[..Rotary]]);
        stored.AsSpan(1 * (Latent + Rotary), Latent + Rotary).ToArray()
            .Should().Equal([.. rows[(2 * (Latent + Rotary))..][..Latent], .. expected[(2 * Rotary)..]]);
        stored.Where(float.IsNaN).Should().HaveCount(6 * (Latent + Rotary));
    }

    [Theory, EachBackend]
    public void A_latent_cache_takes_half_the_memory_and_copies_its_pages_once(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using var cache = new PagedKeyValueCache(device, Options(12, 4) with { Pages = 4, PageSize = 2, HostPages = 2 });
        cache.BytesPerToken.Should().Be(16 * sizeof(float));
        float[] rows = RandomData.Normal(2, 3 * 16);
        using Tensor<float> latent = device.Upload(rows, [3, 1, 16]);
        using CachedSequence sequence = cache.Start();
        sequence.Extend(3);
        using Tensor<long> slots = device.Upload<long>([sequence.Slot(0), sequence.Slot(1), sequence.Slot(2)], [3]);
        cache.AppendLatent(latent, slots);

        using CachedSequence other = sequence.Fork();
        other.Write(2);
        sequence.SwapOut();
        StoredPages.Poison(cache);
        sequence.SwapIn();
        device.Synchronize();

        float[] stored = cache.Keys<float>().ToArray();
        Enumerable.Range(0, 3).SelectMany(token => stored.AsSpan((int)sequence.Slot(token) * 16, 16).ToArray()).Should().Equal(rows);
    }

    [Theory, EachBackend]
    public void What_a_latent_cache_cannot_be_is_refused(Backend backend)
    {
        AttentionDevice device = Device(backend);
        CacheOptions options = Options(12, 4) with { Pages = 4 };
        void Cache(CacheOptions refused) => new PagedKeyValueCache(device, refused).Dispose();
        ((Action)(() => Cache(options with { LatentDimension = 17 }))).Should().Throw<ArgumentException>().WithMessage("The latent dimension is 17; it must be from 0 to 16.*");
        ((Action)(() => Cache(options with { LatentDimension = -1 }))).Should().Throw<ArgumentException>().WithMessage("The latent dimension is -1;*");
        ((Action)(() => Cache(options with { HeadDimension = 1025 }))).Should().Throw<ArgumentException>().WithMessage("*from 1 to 1024*");
        ((Action)(() => Cache(options with { KeyFormat = NumberFormat.Int8 }))).Should().Throw<ArgumentException>().WithMessage("*those of a latent cache are the same*");

        using var cache = new PagedKeyValueCache(device, options);
        using var table = new BlockTable(cache, 1, 1);
        ((Action)(() => device.PlanPagedAttention(table, 2, 1, new CausalMask()))).Should().Throw<ArgumentException>().WithMessage("*scale must be given*").WithParameterName("options");
        using Tensor<float> rows = device.Allocate<float>([1, 1, 16]);
        using Tensor<long> slots = device.Upload<long>([0], [1]);
        cache.Invoking(latent => latent.Append(rows, rows, slots)).Should().Throw<InvalidOperationException>().WithMessage("*AppendLatent*");
        using var ordinary = new PagedKeyValueCache(device, options with { LatentDimension = 0 });
        ordinary.Invoking(refused => refused.AppendLatent(rows, slots)).Should().Throw<InvalidOperationException>().WithMessage("The cache is not latent*");
    }

    private static CacheOptions Options(int latent, int rotary) =>
        PagedRunner.DefaultStorage with { HeadDimension = latent + rotary, LatentDimension = latent };

    private static PagedRunner Runner(
        AttentionDevice device, int latent, int rotary, int heads, int[] queryLengths, int[] keyLengths, CacheOptions? storage = null, (int, int)[]? prefixes = null) => new(
            device, latent, queryLengths, keyLengths, heads, 1, latent + rotary, 16, (storage ?? PagedRunner.DefaultStorage) with { LatentDimension = latent }, prefixes);

    private static void AgreesWithOracle(PagedRunner runner, AttentionOptions options, int? levels = null) => PagedVerification.AgreesWithOracle(
        runner, options with { Scale = (float)(1 / Math.Sqrt(runner.Cache.Options.HeadDimension)) },
        new CausalMask(), new NoModifier(), new CausalMask(), new NoModifier(), levels);
}
