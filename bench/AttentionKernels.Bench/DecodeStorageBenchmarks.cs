using AttentionKernels.Oracle;
using BenchmarkDotNet.Attributes;

namespace AttentionKernels.Bench;

/// <summary>Decoding over keys and values stored in fp32, fp16 and bf16: where memory is what limits it, half the bytes take half the time.</summary>
public class DecodeStorageBenchmarks
{
    private Action? _float32;
    private Action? _float16;
    private Action? _bfloat16;
    private AttentionDevice? _device;

    /// <summary>The devices.</summary>
    public static IEnumerable<string> Devices => Suite.Devices;

    /// <summary>The shapes.</summary>
    public static IEnumerable<AttentionShape> Shapes => Suite.Shapes<AttentionShape>(
        full: [new(8, 32, 8, 1, 4096, 128), new(8, 32, 32, 1, 2048, 128), new(1, 8, 8, 1024, 1024, 64), new(1, 8, 8, 1024, 1024, 128)],
        quick: [new(1, 32, 8, 1, 4096, 128)]);

    /// <summary>The device.</summary>
    [ParamsSource(nameof(Devices))]
    public string Device { get; set; } = "";

    /// <summary>Batch × heads/kv heads × queries × keys × head dimension.</summary>
    [ParamsSource(nameof(Shapes))]
    public AttentionShape Shape { get; set; } = null!;

    /// <summary>Opens the device and makes the plans.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _device = AttentionDevice.Open(Device);
        float[] query = RandomData.Normal(1, Shape.Query.ElementCount);
        float[] key = RandomData.Normal(2, Shape.Key.ElementCount);
        float[] value = RandomData.Normal(3, Shape.Key.ElementCount);
        _float32 = Prepare(_device, Shape, NumberFormat.Float32, query, key, value);
        _float16 = Prepare(_device, Shape, NumberFormat.Float16, Convert(query, number => (Half)number), Convert(key, number => (Half)number), Convert(value, number => (Half)number));
        _bfloat16 = Prepare(
            _device, Shape, NumberFormat.BFloat16, Convert(query, number => (BFloat16)number), Convert(key, number => (BFloat16)number), Convert(value, number => (BFloat16)number));
    }

    /// <summary>In fp32, the device's work included.</summary>
    [Benchmark(Baseline = true)]
    public void Float32() => _float32!();

    /// <summary>In fp16, likewise.</summary>
    [Benchmark]
    public void Float16() => _float16!();

    /// <summary>In bf16, likewise.</summary>
    [Benchmark]
    public void BFloat16() => _bfloat16!();

    /// <summary>Closes the device, and with it the tensors.</summary>
    [GlobalCleanup]
    public void Cleanup() => _device?.Dispose();

    private static T[] Convert<T>(float[] numbers, Converter<float, T> convert) => Array.ConvertAll(numbers, convert);

    private static Action Prepare<T>(AttentionDevice device, AttentionShape shape, NumberFormat<T> type, T[] query, T[] key, T[] value)
        where T : unmanaged
    {
        Tensor<T> queries = device.Upload(query, shape.Query);
        Tensor<T> keys = device.Upload(key, shape.Key);
        Tensor<T> values = device.Upload(value, shape.Key);
        Tensor<T> output = device.Allocate<T>(shape.Query);
        AttentionPlan<T> plan = device.PlanAttention(shape.Query, shape.Key, new CausalMask(), type);
        return () =>
        {
            plan.Run(queries, keys, values, output);
            device.Synchronize();
        };
    }
}
