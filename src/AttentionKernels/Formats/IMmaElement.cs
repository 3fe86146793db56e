namespace AttentionKernels.Formats;

/// <summary>16-bit elements that tensor cores multiply (mma), with sums in fp32.</summary>
/// <typeparam name="TSelf">The stored number itself.</typeparam>
internal interface IMmaElement<TSelf>
{
    /// <summary>What PTX calls the type.</summary>
    static abstract string PtxType { get; }

    /// <summary>Two ones, packed: a factor that sums up.</summary>
    static abstract uint PackedOnes { get; }
}
