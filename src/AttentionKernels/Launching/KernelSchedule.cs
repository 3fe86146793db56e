namespace AttentionKernels;

/// <summary>How a kernel is laid over a device. Every schedule gives the same result within the numerical contract.</summary>
public enum KernelSchedule
{
    /// <summary>One work item owns a tile, wide registers, no barriers. For processors.</summary>
    Vector,

    /// <summary>A work group owns a tile, threads own register micro-tiles, shared memory. For GPUs.</summary>
    Simt,

    /// <summary>Warps own tiles of both products and multiply them by tensor cores (mma). For attention of fp16 and bf16 on CUDA devices of
    /// sm_80 and newer, with head and value dimensions that are multiples of 8 from 16 to 256.</summary>
    TensorCore,
}
