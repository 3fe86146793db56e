namespace AttentionKernels.Bench;

/// <summary>What the benchmarks run over: every usable device, and shapes, fewer and smaller in the short suite.</summary>
public static class Suite
{
    /// <summary>Whether this is the short suite. It runs inside this process, so every benchmark sees it.</summary>
    public static bool IsShort { get; set; }

    /// <summary>The selectors of the usable devices, such as <c>opencl:0</c>.</summary>
    public static IEnumerable<string> Devices { get; } =
        [.. DeviceCatalog.List().Where(device => device.IsUsable).Select(device => device.Selector)];

    /// <summary>Chooses between the two suites.</summary>
    public static IEnumerable<T> Shapes<T>(T[] full, T[] quick) => IsShort ? quick : full;
}
