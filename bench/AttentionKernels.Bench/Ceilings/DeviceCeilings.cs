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
    /// <summary>Those of a device that failed while they were measured: all 0.</summary>
    public static DeviceCeilings Unknown { get; } = new(0, 0, 0, 0, 0);

    /// <summary>
    /// The share of its time in which the device could have done the work, and what would have taken it:
    /// max(operations / FMA, bytes / bandwidth) / time.
    /// </summary>
    /// <param name="work">The work.</param>
    /// <param name="milliseconds">The time that it took.</param>
    /// <param name="fromMemory">Whether its bytes came from memory, and not from a cache.</param>
    /// <param name="byTensorCores">Whether tensor cores did the arithmetic, which is then no share of this peak.</param>
    /// <returns>Nothing where none of both is known to have been necessary, or there are no ceilings.</returns>
    public (double Share, string Ceiling)? ShareOf(Work work, double milliseconds, bool fromMemory, bool byTensorCores)
    {
        double arithmetic = byTensorCores ? 0 : work.FloatingPointOperations / FmaGigaflopsPerSecond;
        double memory = fromMemory
            ? work.Bytes / (work.Traffic == Traffic.Read ? ReadGigabytesPerSecond : CopyGigabytesPerSecond)
            : 0;
        double share = Math.Max(arithmetic, memory) / (milliseconds * 1e6);
        return share == 0 || !double.IsFinite(share) ? null : (share, memory > arithmetic ? work.Traffic == Traffic.Read ? "read" : "copy" : "FMA");
    }
}
