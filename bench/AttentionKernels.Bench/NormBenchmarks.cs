using AttentionKernels.Oracle;
using BenchmarkDotNet.Attributes;

namespace AttentionKernels.Bench;

/// <summary>RMS, layer and batch norm over the same square of numbers.</summary>
public class NormBenchmarks
{
    private AttentionDevice? _device;
    private Tensor<float>? _input;
    private Tensor<float>? _output;
    private Tensor<float>? _weight;
    private Tensor<float>? _bias;
    private Tensor<float>? _runningMean;
    private Tensor<float>? _runningVariance;

    /// <summary>The devices.</summary>
    public static IEnumerable<string> Devices => Suite.Devices;

    /// <summary>Rows, and as many features.</summary>
    public static IEnumerable<int> Sizes => Suite.Shapes(full: [1024, 4096], quick: [1024]);

    /// <summary>The device.</summary>
    [ParamsSource(nameof(Devices))]
    public string Device { get; set; } = "";

    /// <summary>Rows, and as many features; batch norm takes them for [batch, channels].</summary>
    [ParamsSource(nameof(Sizes))]
    public int Size { get; set; }

    /// <summary>Opens the device.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _device = AttentionDevice.Open(Device);
        _input = _device.Upload(RandomData.Normal(1, (long)Size * Size), [Size, Size]);
        _output = _device.Allocate<float>([Size, Size]);
        _weight = _device.Upload(RandomData.Normal(2, Size), [Size]);
        _bias = _device.Upload(RandomData.Normal(3, Size), [Size]);
        _runningMean = _device.Upload(new float[Size], [Size]);
        _runningVariance = _device.Upload(Enumerable.Repeat(1f, Size).ToArray(), [Size]);
    }

    /// <summary>One RMS norm, the device's work included.</summary>
    [Benchmark]
    public void RmsNorm()
    {
        _device!.RmsNorm(_input!, _weight!, _output!);
        _device!.Synchronize();
    }

    /// <summary>One layer norm, the device's work included.</summary>
    [Benchmark]
    public void LayerNorm()
    {
        _device!.LayerNorm(_input!, _weight!.View, _bias!.View, _output!);
        _device!.Synchronize();
    }

    /// <summary>One training step of batch norm, the device's work included.</summary>
    [Benchmark]
    public void BatchNormTraining()
    {
        _device!.BatchNormTraining(_input!, Channels, _output!);
        _device!.Synchronize();
    }

    /// <summary>One batch norm by running statistics, the device's work included.</summary>
    [Benchmark]
    public void BatchNormInference()
    {
        _device!.BatchNormInference(_input!, Channels, _output!);
        _device!.Synchronize();
    }

    private BatchNormChannels Channels => new(_runningMean!, _runningVariance!) { Weight = _weight!.View, Bias = _bias!.View };

    /// <summary>Closes the device, and with it the tensors.</summary>
    [GlobalCleanup]
    public void Cleanup() => _device?.Dispose();
}
