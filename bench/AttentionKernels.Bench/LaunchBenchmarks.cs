using AttentionKernels.Oracle;
using BenchmarkDotNet.Attributes;

namespace AttentionKernels.Bench;

/// <summary>What a launch costs where the next is queued behind it: tiny work, many times, and one wait at the end.</summary>
public class LaunchBenchmarks
{
    private const int Launches = 1000;

    private AttentionDevice? _device;
    private Tensor<float>? _rows;
    private Tensor<float>? _weight;
    private Tensor<float>? _query;
    private Tensor<float>? _key;
    private Tensor<float>? _output;
    private AttentionPlan<float>? _plan;

    /// <summary>The devices.</summary>
    public static IEnumerable<string> Devices => Suite.Devices;

    /// <summary>The device.</summary>
    [ParamsSource(nameof(Devices))]
    public string Device { get; set; } = "";

    /// <summary>Opens the device and makes the plan.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _device = AttentionDevice.Open(Device);
        _rows = _device.Upload(RandomData.Normal(1, 64), [1, 64]);
        _weight = _device.Upload(RandomData.Normal(2, 64), [64]);
        _query = _device.Upload(RandomData.Normal(3, 64), [1, 1, 8, 8]);
        _key = _device.Upload(RandomData.Normal(4, 64), [1, 1, 8, 8]);
        _output = _device.Allocate<float>([1, 1, 8, 8]);
        _plan = _device.PlanAttention(_query.Shape, _key.Shape, new CausalMask());
    }

    /// <summary>RMS norm of 64 numbers.</summary>
    [Benchmark(OperationsPerInvoke = Launches)]
    public void RmsNorm()
    {
        for (int launch = 0; launch < Launches; launch++)
            _device!.RmsNorm(_rows!, _weight!, _rows!);
        _device!.Synchronize();
    }

    /// <summary>Attention of one query to one key, a plan's run.</summary>
    [Benchmark(OperationsPerInvoke = Launches)]
    public void Attention()
    {
        for (int launch = 0; launch < Launches; launch++)
            _plan!.Run(_query!, _key!, _key!, _output!);
        _device!.Synchronize();
    }

    /// <summary>Closes the device, and with it the tensors.</summary>
    [GlobalCleanup]
    public void Cleanup()
    {
        _plan?.Dispose();
        _device?.Dispose();
    }
}
