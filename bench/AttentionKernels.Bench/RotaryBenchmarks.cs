using AttentionKernels.Oracle;
using BenchmarkDotNet.Attributes;

namespace AttentionKernels.Bench;

/// <summary>Rotary embedding of 32 heads of 128.</summary>
public class RotaryBenchmarks
{
    private const int Heads = 32;
    private const int HeadDimension = 128;

    private AttentionDevice? _device;
    private RotaryTable? _table;
    private Tensor<float>? _input;
    private Tensor<float>? _output;

    /// <summary>The devices.</summary>
    public static IEnumerable<string> Devices => Suite.Devices;

    /// <summary>The numbers of tokens.</summary>
    public static IEnumerable<int> TokenCounts => Suite.Shapes(full: [1, 4096], quick: [512]);

    /// <summary>The device.</summary>
    [ParamsSource(nameof(Devices))]
    public string Device { get; set; } = "";

    /// <summary>Tokens.</summary>
    [ParamsSource(nameof(TokenCounts))]
    public int Tokens { get; set; }

    /// <summary>Which elements make a pair.</summary>
    [Params(RotaryStyle.HalfSplit, RotaryStyle.Interleaved)]
    public RotaryStyle Style { get; set; }

    /// <summary>Opens the device and computes the table.</summary>
    [GlobalSetup]
    public void Setup()
    {
        TensorShape shape = [1, Tokens, Heads, HeadDimension];
        _device = AttentionDevice.Open(Device);
        _table = new RotaryTable(_device, Tokens, HeadDimension);
        _input = _device.Upload(RandomData.Normal(1, shape.ElementCount), shape);
        _output = _device.Allocate<float>(shape);
    }

    /// <summary>One embedding, the device's work included.</summary>
    [Benchmark]
    public void RotaryEmbedding()
    {
        _device!.RotaryEmbedding(_input!, _table!, _output!, Style);
        _device!.Synchronize();
    }

    /// <summary>Closes the device, and with it the tensors.</summary>
    [GlobalCleanup]
    public void Cleanup() => _device?.Dispose();
}
