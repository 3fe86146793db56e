using BenchmarkDotNet.Attributes;

namespace AttentionKernels.Bench;

/// <summary>Attention of many queries: MHA and GQA, causal and full, naive against tiled.</summary>
public class PrefillBenchmarks
{
    private ContiguousAttention? _attention;

    /// <summary>The devices.</summary>
    public static IEnumerable<string> Devices => Suite.Devices;

    /// <summary>The shapes.</summary>
    public static IEnumerable<AttentionShape> Shapes => Suite.Shapes<AttentionShape>(
        full: [new(1, 8, 8, 1024, 1024, 64), new(1, 8, 2, 1024, 1024, 64), new(1, 8, 8, 4096, 4096, 64), new(1, 8, 8, 1024, 1024, 128)],
        quick: [new(1, 8, 8, 256, 256, 64), new(1, 8, 2, 256, 256, 64)]);

    /// <summary>The device.</summary>
    [ParamsSource(nameof(Devices))]
    public string Device { get; set; } = "";

    /// <summary>Batch × heads/kv heads × queries × keys × head dimension.</summary>
    [ParamsSource(nameof(Shapes))]
    public AttentionShape Shape { get; set; } = null!;

    /// <summary>The algorithm.</summary>
    [Params(AttentionAlgorithm.Naive, AttentionAlgorithm.Tiled)]
    public AttentionAlgorithm Algorithm { get; set; }

    /// <summary>Whether the mask is causal.</summary>
    [Params(false, true)]
    public bool Causal { get; set; }

    /// <summary>Opens the device and makes the plan.</summary>
    [GlobalSetup]
    public void Setup() => _attention = new ContiguousAttention(Device, Shape, Algorithm, Causal);

    /// <summary>One prefill, the device's work included.</summary>
    [Benchmark]
    public void Prefill() => _attention!.Run();

    /// <summary>Closes the device.</summary>
    [GlobalCleanup]
    public void Cleanup() => _attention?.Dispose();
}
