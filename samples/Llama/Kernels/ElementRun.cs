namespace AttentionKernels.Samples.Llama.Kernels;

/// <summary>
/// Which elements a tile of an element-wise kernel takes: consecutive ones. On a GPU one, so that neighbouring threads take neighbouring
/// elements; on a processor many, so that a tile is worth its while.
/// </summary>
/// <param name="Elements">All elements.</param>
/// <param name="PerTile">Elements of a tile; the last may have fewer.</param>
public readonly record struct ElementRun(long Elements, int PerTile)
{
    private const int PerProcessorTile = 512;

    /// <summary>How many tiles there are.</summary>
    public long Tiles => (Elements + PerTile - 1) / PerTile;

    /// <summary>The run for a device.</summary>
    public static ElementRun For(AttentionDevice device, long elements) =>
        new(elements, device.Description.Kind is DeviceKind.Cpu or DeviceKind.OpenClCpu ? PerProcessorTile : 1);

    /// <summary>The first element of a tile.</summary>
    public long First(long tile) => tile * PerTile;

    /// <summary>The element behind a tile's last.</summary>
    public long End(long tile) => Math.Min(Elements, (tile + 1) * PerTile);
}
