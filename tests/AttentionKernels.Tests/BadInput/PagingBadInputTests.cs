using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.BadInput;

/// <summary>Wrong calls of the paged cache, the block table and paged plans.</summary>
[Trait("Speed", "Quick")]
public class PagingBadInputTests(TestDevices devices) : DeviceTests(devices)
{
    private static readonly CacheOptions _options = new() { Pages = 6, PageSize = 4, KeyValueHeads = 2, HeadDimension = 8 };

    public static IEnumerable<object[]> WrongSizes =>
    [
        [_options with { Pages = 0 }, "*0 pages*"],
        [_options with { PageSize = 0 }, "*page size is 0*1 to 256*"],
        [_options with { PageSize = 257 }, "*page size is 257*1 to 256*"],
        [_options with { KeyValueHeads = 0 }, "*0 kv heads*"],
        [_options with { HeadDimension = 513 }, "*head dimension is 513*1 to 512*"],
        [_options with { Layers = 0 }, "*0 layers*"],
        [_options with { Layers = int.MaxValue }, $"*{int.MaxValue} layers*1 to 65536*"],
        [_options with { Pages = int.MaxValue }, $"*{int.MaxValue} pages*"],
        [_options with { HostPages = -1 }, "*-1 host pages*"],
        [_options with { HostPages = int.MaxValue }, $"*{int.MaxValue} host pages*"],
        [_options with { Watermark = 7 }, "*watermark is 7 pages*0 to the number of pages, 6*"],
        [_options with { Layout = (PageLayout)2 }, "*layout is 2*TokensFirst or HeadsFirst*"],
        [_options with { Scales = (PageScales)3 }, "*scales are 3*Layer, Head or TokenAndHead*"],
        [_options with { KeyFormat = null! }, "*key format is null*Float32*Int4*"],
        [_options with { ValueFormat = null! }, "*value format is null*Float32*Int4*"],
    ];

    [Theory, EachBackend(Cases = nameof(WrongSizes))]
    public void A_cache_of_a_wrong_size_is_refused(Backend backend, CacheOptions options, string says)
    {
        Action make = () => new PagedKeyValueCache(Device(backend), options).Dispose();

        make.Should().Throw<ArgumentException>().WithMessage(says);
    }

    [Theory, EachBackend]
    public void A_wrong_block_table_entry_is_refused_and_leaves_the_table_as_it_was(Backend backend)
    {
        using var cache = new PagedKeyValueCache(Device(backend), _options);
        using var table = new BlockTable(cache, 2, 3);
        table.Set(0, [5, 1], 7);

        Verify<ArgumentException>(() => table.Set(0, [5, 6], 7), "*Entry 1 is page 6*0 to 5*");
        Verify<ArgumentException>(() => table.Set(0, [-1, 2], 7), "*Entry 0 is page -1*0 to 5*");
        Verify<ArgumentException>(() => table.Set(0, [0, 1, 2, 3], 7), "*4 pages*at most 3*");
        Verify<ArgumentException>(() => table.Set(0, [0], 5), "*1 pages of 4 tokens*5 tokens need more*");
        Verify<ArgumentOutOfRangeException>(() => table.Set(2, [0], 1), "*sequence*");
        Verify<ArgumentOutOfRangeException>(() => table.Set(-1, [0], 1), "*sequence*");
        Verify<ArgumentOutOfRangeException>(() => table.Set(0, [0], -1), "*keyLength*");
        Verify<ArgumentOutOfRangeException>(() => table.Slot(0, 7), "*token*");
        Verify<ArgumentOutOfRangeException>(() => table.Slot(3, 0), "*sequence*");

        void Verify<TException>(Action wrong, string says)
            where TException : Exception
        {
            wrong.Should().Throw<TException>().WithMessage(says);
            table.KeyLengths.ToArray().Should().Equal(7, 0);
            table.Slot(0, 6).Should().Be((1 * 4) + 2);
        }
    }

    [Theory, EachBackend]
    public void A_disposed_table_is_refused(Backend backend)
    {
        using var cache = new PagedKeyValueCache(Device(backend), _options);
        var table = new BlockTable(cache, 2, 3);
        table.Set(0, [5, 1], 7);
        table.Dispose();
        table.Dispose();

        table.Invoking(rows => rows.KeyLengths.Length).Should().Throw<ObjectDisposedException>();
        table.Invoking(rows => rows.Slot(0, 0)).Should().Throw<ObjectDisposedException>();
        table.Invoking(rows => rows.Set(0, [1], 1)).Should().Throw<ObjectDisposedException>();
        table.Invoking(rows => rows.Clear(0)).Should().Throw<ObjectDisposedException>();
    }

    [Theory, EachBackend]
    public void What_a_cache_does_not_store_is_refused(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using var cache = new PagedKeyValueCache(device, _options with { Layers = 2, KeyFormat = NumberFormat.Int8, Scales = PageScales.Head });
        using var perToken = new PagedKeyValueCache(device, _options with { KeyFormat = NumberFormat.Int8 });

        cache.Invoking(called => called.Keys<float>()).Should().Throw<ArgumentException>().WithMessage("The cache stores its keys as Int8, which the host does not see as Single.*");
        cache.Invoking(called => called.Values<sbyte>()).Should().Throw<ArgumentException>().WithMessage("The cache stores its values as Float32, which the host does not see as SByte.*");
        cache.Invoking(called => called.Keys<sbyte>(2)).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("layer").WithMessage("*layers 0 to 1*");
        cache.Invoking(called => called.KeyScales(-1)).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("layer");
        cache.Invoking(called => called.SetScales([1f], [])).Should().Throw<ArgumentException>().WithParameterName("key").WithMessage("1 scales were given; there must be 2.*");
        cache.Invoking(called => called.SetScales([1f, 2f], [1f])).Should().Throw<ArgumentException>().WithParameterName("value").WithMessage("1 scales were given; there must be 0.*");
        foreach (float wrong in (float[])[0f, -1f, float.NaN, float.PositiveInfinity])
            cache.Invoking(called => called.SetScales([1f, wrong], [])).Should().Throw<ArgumentException>().WithParameterName("key").WithMessage("Scale 1 is*positive and finite*");
        perToken.Invoking(called => called.SetScales([1f], [])).Should().Throw<InvalidOperationException>().WithMessage("Each token and head has its own scale*");
        cache.KeyScales(0).ToArray().Should().Equal(1f, 1f);
        cache.SetScales([0.5f, 2f], [], layer: 1);
        cache.KeyScales(1).ToArray().Should().Equal(0.5f, 2f);
        cache.KeyScales(0).ToArray().Should().Equal(1f, 1f);
    }

    [Theory, EachBackend]
    public void A_wrong_rotation_is_refused_without_effect(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using var cache = new PagedKeyValueCache(device, _options);
        float[] initial = RandomData.Normal(1, cache.Keys<float>().Shape);
        cache.Keys<float>().CopyFrom(initial);
        using Tensor<float> rows = device.Upload(RandomData.Normal(2, 32), [2, 2, 8]);
        using Tensor<long> slots = device.Upload<long>([0, 1], [2]);
        using Tensor<int> positions = device.Upload<int>([0, 1], [2]);
        using Tensor<int> fewer = device.Upload<int>([0], [1]);
        using var table = new RotaryTable(device, 4, 8);
        using var tooWide = new RotaryTable(device, 4, 10);
        using var gone = new RotaryTable(device, 4, 8);
        gone.Dispose();

        Verify<ArgumentException>(new KeyRotation(table, (RotaryStyle)2, positions), "The style is 2*");
        Verify<ArgumentException>(new KeyRotation(tooWide, RotaryStyle.HalfSplit, positions), "The rotary dimension is 10; it must be at most the head dimension, 8.*");
        Verify<ArgumentException>(new KeyRotation(table, RotaryStyle.HalfSplit, fewer), "*");
        Verify<ArgumentNullException>(new KeyRotation(null!, RotaryStyle.HalfSplit, positions), "*");
        Verify<ObjectDisposedException>(new KeyRotation(gone, RotaryStyle.HalfSplit, positions), "*");

        void Verify<TException>(KeyRotation rotation, string says)
            where TException : Exception
        {
            cache.Invoking(called => called.Append(rows, rows, slots, 0, rotation)).Should().Throw<TException>().WithMessage(says);
            device.Synchronize();
            cache.Keys<float>().ToArray().Should().Equal(initial);
        }
    }

    [Theory, EachBackend]
    public void A_wrong_append_is_refused_without_effect(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using var cache = new PagedKeyValueCache(device, _options);
        float[] initial = RandomData.Normal(1, cache.Keys<float>().Shape);
        cache.Keys<float>().CopyFrom(initial);
        cache.Values<float>().CopyFrom(initial);
        using Tensor<float> two = device.Upload(RandomData.Normal(2, 2 * 16), [2, 2, 8]);
        using Tensor<float> three = device.Upload(RandomData.Normal(3, 3 * 16), [3, 2, 8]);
        using Tensor<long> slots = device.Upload([0L, 1L], [2]);
        using Tensor<long> square = device.Upload([0L], [1, 1]);
        using AttentionDevice other = AttentionDevice.Open(DeviceKind.Cpu);
        using Tensor<float> elsewhere = other.Upload(new float[32], [2, 2, 8]);

        Verify(() => cache.Append(three, two, slots), "*'key'*[3, 2, 8]*[2, 2, 8]*");
        Verify(() => cache.Append(two, three, slots), "*'value'*[3, 2, 8]*[2, 2, 8]*");
        Verify(() => cache.Append(two, two, square), "*'slots'*[tokens]*");
        Verify(() => cache.Append(elsewhere, two, slots), "*'key'*must be on the device*");
        Verify(() => cache.Append(cache.Keys<float>().Slice(0, 0, 1).Reshape([4, 2, 8]).Slice(0, 0, 2), two, slots), "*'key' overlaps 'the cache's keys'*");

        cache.Append(two, two, slots);
        device.Synchronize();
        cache.Keys<float>().ToArray().AsSpan(0, 32).ToArray().Should().Equal(two.ToArray());

        void Verify(Action wrong, string says)
        {
            wrong.Should().Throw<ArgumentException>().WithMessage(says);
            device.Synchronize();
            cache.Keys<float>().ToArray().Should().Equal(initial);
            cache.Values<float>().ToArray().Should().Equal(initial);
        }
    }

    [Theory, EachBackend]
    public void A_wrong_paged_run_is_refused_without_effect(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using var cache = new PagedKeyValueCache(device, _options);
        cache.Keys<float>().CopyFrom(RandomData.Normal(1, cache.Keys<float>().Shape));
        cache.Values<float>().CopyFrom(RandomData.Normal(2, cache.Values<float>().Shape));
        using var table = new BlockTable(cache, 2, 3);
        table.Set(0, [5, 1], 7);
        table.Set(1, [2], 3);
        using PagedAttentionPlan<float> plan = device.PlanPagedAttention(table, 4, 2, new CausalMask());
        using var query = GuardedTensor<float>.Of(device, RandomData.Normal(3, 3 * 32), [3, 4, 8]);
        using var output = GuardedTensor<float>.Poisoned(device, [3, 4, 8]);
        using var logSumExp = GuardedTensor<float>.Poisoned(device, [4, 3]);
        using Tensor<float> large = device.Allocate<float>([4, 4, 8]);

        Verify(() => plan.Run(query, [2], output, logSumExp.View), "*1 lengths*2 sequences*");
        Verify(() => plan.Run(query, [0, 3], output, logSumExp.View), "*Sequence 1 has 3 query tokens*0 to 2*");
        Verify(() => plan.Run(query, [2, -1], output, logSumExp.View), "*Sequence 1 has -1 query tokens*");
        Verify(() => plan.Run(large, [2, 1], output, logSumExp.View), "*'query'*[4, 4, 8]*[3, 4, 8]*");
        Verify(() => plan.Run(query, [2, 1], large, logSumExp.View), "*'output'*[4, 4, 8]*[3, 4, 8]*");
        Verify(() => plan.Run(query, [2, 1], query, logSumExp.View), "*'output' overlaps 'query'*");
        Verify(() => plan.Run(query, [2, 1], output, large.View), "*'logSumExp'*");
        Verify(() => plan.Run(query, [2, 1], output, States(query)), "*'logSumExp' overlaps 'query'*");
        Verify(() => plan.Run(query, [2, 1], output, States(cache.Keys<float>())), "*'logSumExp' overlaps 'the cache's keys'*");
        Verify(() => plan.Run(query, [2, 1], output, States(cache.Values<float>())), "*'logSumExp' overlaps 'the cache's values'*");
        Verify(() => plan.Run(query, [2, 1], output, States(output)), "*'logSumExp' overlaps 'output'*");
        Verify(() => device.PlanPagedAttention(table, 3, 1, new NoMask()).Dispose(), "*3 query heads and 2 kv heads*");
        Verify(() => device.PlanPagedAttention(table, 4, -1, new NoMask()).Dispose(), "*maximumQueries*");

        void Verify(Action wrong, string says) => WrongCall.Verify<ArgumentException>(
            device, [output, logSumExp], () => plan.Run(query, [2, 1], output, logSumExp.View), wrong, says);

        static TensorView<float> States(TensorView<float> other) => new(other.Data.SubView(1, 12), [4, 3]);
    }

    [Theory, EachBackend]
    public void More_queries_than_the_table_has_tokens_are_refused_without_effect(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using var cache = new PagedKeyValueCache(device, _options);
        cache.Keys<float>().CopyFrom(RandomData.Normal(1, cache.Keys<float>().Shape));
        cache.Values<float>().CopyFrom(RandomData.Normal(2, cache.Values<float>().Shape));
        using var table = new BlockTable(cache, 2, 3);
        table.Set(0, [5], 3);
        table.Set(1, [1], 1);
        using PagedAttentionPlan<float> plan = device.PlanPagedAttention(table, 2, 3, new CausalMask());
        using var query = GuardedTensor<float>.Of(device, RandomData.Normal(3, 3 * 16), [3, 2, 8]);
        using var output = GuardedTensor<float>.Poisoned(device, [3, 2, 8]);

        WrongCall.Verify<ArgumentException>(
            device, [output], () => plan.Run(query, [2, 1], output), () => plan.Run(query, [1, 2], output),
            "*Sequence 1 has 2 query tokens and 1 tokens in the table*");
    }

    [Theory, EachBackend]
    public void What_is_disposed_is_refused(Backend backend)
    {
        AttentionDevice device = Device(backend);
        var cache = new PagedKeyValueCache(device, _options);
        var table = new BlockTable(cache, 1, 1);
        table.Set(0, [0], 1);
        using PagedAttentionPlan<float> plan = device.PlanPagedAttention(table, 2, 1, new NoMask());
        using Tensor<float> query = device.Allocate<float>([1, 2, 8]);
        using var output = GuardedTensor<float>.Poisoned(device, [1, 2, 8]);
        using Tensor<long> slots = device.Upload([0L], [1]);

        table.Dispose();
        FluentActions.Invoking(() => plan.Run(query, [1], output)).Should().Throw<ObjectDisposedException>();
        FluentActions.Invoking(() => table.Set(0, [0], 1)).Should().Throw<ObjectDisposedException>();
        cache.Dispose();
        FluentActions.Invoking(() => plan.Run(query, [1], output)).Should().Throw<ObjectDisposedException>();
        FluentActions.Invoking(() => cache.Append(query, query, slots)).Should().Throw<ObjectDisposedException>();
        FluentActions.Invoking(() => new BlockTable(cache, 1, 1)).Should().Throw<ObjectDisposedException>();
        output.VerifyUnchanged();
    }
}
