namespace AttentionKernels.Bench;

/// <summary>What a device can do at most, measured in the same run as what is compared with it.</summary>
/// <param name="ReadGigabytesPerSecond">10⁹ bytes a second that are read and summed.</param>
/// <param name="CopyGigabytesPerSecond">10⁹ bytes a second that are read or written where as many are read as written.</param>
/// <param name="FmaGigaflopsPerSecond">10⁹ floating-point operations a second in fp32 multiply-adds, without tensor cores.</param>
/// <param name="LaunchMicroseconds">The time of a launch of next to nothing where the next is queued behind it.</param>
/// <param name="RoundTripMicroseconds">The time of such a launch that is waited for.</param>
internal sealed record DeviceCeilings(
    double ReadGigabytesPerSecond,
    double CopyGigabytesPerSecond,
    double FmaGigaflopsPerSecond,
    double LaunchMicroseconds,
    double RoundTripMicroseconds)
{
    /// <summary>10⁹ floating-point operations a second of tensor cores, products of fp16 added up in fp32 by <c>mma.sync</c>; nothing
    /// where the device has none that the library uses.</summary>
    public double? TensorGigaflopsPerSecond { get; init; }

    /// <summary>Those of a device that failed while they were measured: all 0.</summary>
    public static DeviceCeilings Unknown { get; } = new(0, 0, 0, 0, 0);

    /// <summary>
    /// The share of its time in which the device could have done the work, and what would have taken it:
    /// max(operations / peak, bytes / bandwidth) / time, where the peak is that of multiply-adds or of tensor cores.
    /// </summary>
    /// <param name="work">The work.</param>
    /// <param name="milliseconds">The time that it took.</param>
    /// <param name="fromMemory">Whether its bytes came from memory, and not from a cache.</param>
    /// <param name="byTensorCores">Whether tensor cores did the arithmetic, which is then a share of their peak, where it is
    /// known.</param>
    /// <returns>Nothing where none of both is known to have been necessary, or there are no ceilings.</returns>
    public (double Share, string Ceiling)? ShareOf(Work work, double milliseconds, bool fromMemory, bool byTensorCores)
    {
        double arithmetic = work.FloatingPointOperations
            / (byTensorCores ? TensorGigaflopsPerSecond ?? double.PositiveInfinity : FmaGigaflopsPerSecond);
        double memory = fromMemory
            ? work.Bytes / (work.Traffic == Traffic.Read ? ReadGigabytesPerSecond : CopyGigabytesPerSecond)
            : 0;
        double share = Math.Max(arithmetic, memory) / (milliseconds * 1e6);
        string ceiling = memory <= arithmetic ? byTensorCores ? "tensor" : "FMA"
            : work.Traffic == Traffic.Read ? "read" : "copy";
        return share == 0 || !double.IsFinite(share) ? null : (share, ceiling);
    }
}
