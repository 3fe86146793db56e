using BenchmarkDotNet.Attributes;

namespace AttentionKernels.Bench;

/// <summary>Attention of one query a sequence over contiguous keys, tiled against split-KV.</summary>
public class DecodeBenchmarks
{
    private ContiguousAttention? _attention;

    /// <summary>The devices.</summary>
    public static IEnumerable<string> Devices => Suite.Devices;

    /// <summary>The shapes.</summary>
    public static IEnumerable<AttentionShape> Shapes => Suite.Shapes<AttentionShape>(
        full: [new(1, 32, 8, 1, 4096, 128), new(8, 32, 8, 1, 4096, 128), new(8, 32, 32, 1, 1024, 128)],
        quick: [new(1, 32, 8, 1, 4096, 128)]);

    /// <summary>The device.</summary>
    [ParamsSource(nameof(Devices))]
    public string Device { get; set; } = "";

    /// <summary>Batch × heads/kv heads × queries × keys × head dimension.</summary>
    [ParamsSource(nameof(Shapes))]
    public AttentionShape Shape { get; set; } = null!;

    /// <summary>The algorithm.</summary>
    [Params(AttentionAlgorithm.Tiled, AttentionAlgorithm.SplitKv)]
    public AttentionAlgorithm Algorithm { get; set; }

    /// <summary>Opens the device and makes the plan.</summary>
    [GlobalSetup]
    public void Setup() => _attention = new ContiguousAttention(Device, Shape, Algorithm, causal: true);

    /// <summary>One decode step, the device's work included.</summary>
    [Benchmark]
    public void Decode() => _attention!.Run();

    /// <summary>Closes the device.</summary>
    [GlobalCleanup]
    public void Cleanup() => _attention?.Dispose();
}
