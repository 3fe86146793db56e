namespace AttentionKernels.Tests.Cuda;

/// <summary>
/// What share of a GPU's peak a kernel should reach, by the instructions of its hot loop: predictions for kernels that nobody has timed.
/// </summary>
/// <param name="Multiprocessors">How many multiprocessors.</param>
/// <param name="Gigahertz">Their clock under load.</param>
/// <param name="GigabytesPerSecond">Bandwidth of memory.</param>
/// <param name="MultiplyAddsPerCycle">Warps' fp32 multiply-adds that a multiprocessor begins in a cycle.</param>
internal sealed record SpeedModel(int Multiprocessors, double Gigahertz, double GigabytesPerSecond, double MultiplyAddsPerCycle)
{
    private const int WarpSize = 32;

    // A multiprocessor begins four instructions of warps in a cycle, one in each of its parts.
    private const int IssuesPerCycle = 4;

    // A product of tensor cores keeps them busy for eight cycles; what another instruction costs was fitted to published kernels.
    private const double CyclesOfProduct = 8;
    private const double CyclesOfOther = 2.20;

    // From a load to its data without traffic, on either card: Luo et al., "Benchmarking and Dissecting the Nvidia Hopper GPU Architecture via
    // Microbenchmarking", 2024. Under traffic it is more, here taken for twice as much.
    private const double LatencyCycles = 475;
    private const double LoadedLatency = 2;

    /// <summary>A100 SXM, 80 GB.</summary>
    public static SpeedModel A100 { get; } = new(108, 1.41, 2039, MultiplyAddsPerCycle: 2);

    /// <summary>H100 SXM.</summary>
    public static SpeedModel H100 { get; } = new(132, 1.755, 3352, MultiplyAddsPerCycle: 4);

    /// <summary>The bytes that have to be under way for a multiprocessor, by Little's law, for its part of the bandwidth.</summary>
    public double NeededInFlight => BytesPerCycle * LatencyCycles * LoadedLatency;

    private double BytesPerCycle => GigabytesPerSecond / Gigahertz / Multiprocessors;

    /// <summary>The share of the tensor cores' peak, fitted to an A100's.</summary>
    /// <param name="othersPerProduct">Other instructions of the hot loop per product of tensor cores.</param>
    public static double TensorCoreShare(double othersPerProduct) => CyclesOfProduct / (CyclesOfProduct + (CyclesOfOther * othersPerProduct));

    /// <summary>The largest share of the fp32 peak that a loop can have: its cycles are those of its multiply-adds or of all its issues.</summary>
    /// <param name="loop">The loop.</param>
    public double MultiplyAddShare(InstructionMix loop)
    {
        double multiplyAdds = loop.Of("FFMA") / MultiplyAddsPerCycle;
        return multiplyAdds / Math.Max(multiplyAdds, (double)loop.Total / IssuesPerCycle);
    }

    /// <summary>The bytes that a loop's loads have under way for a multiprocessor, where they do not wait for each other.</summary>
    /// <param name="loop">The loop.</param>
    /// <param name="residentWarps">Warps of the multiprocessor.</param>
    public static int BytesInFlight(InstructionMix loop, int residentWarps) => residentWarps * WarpSize * loop.LoadedBytes;

    /// <summary>The share of the bandwidth for which there are issue slots, where each byte comes from memory.</summary>
    /// <param name="bytesPerInstruction">Bytes for each instruction of a warp.</param>
    public double IssueShare(double bytesPerInstruction) => Math.Min(1, IssuesPerCycle * bytesPerInstruction / BytesPerCycle);
}
