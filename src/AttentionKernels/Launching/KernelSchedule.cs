namespace AttentionKernels;

/// <summary>How a kernel is laid over a device. Every schedule gives the same result within the numerical contract.</summary>
public enum KernelSchedule
{
    /// <summary>One work item owns a tile, wide registers, no barriers. For processors.</summary>
    Vector,

    /// <summary>A work group owns a tile, threads own register micro-tiles, shared memory. For GPUs.</summary>
    Simt,
}
