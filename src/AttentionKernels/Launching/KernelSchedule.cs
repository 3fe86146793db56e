namespace AttentionKernels;

/// <summary>How a kernel is laid over a device. Every schedule gives the same result within the numerical contract.</summary>
public enum KernelSchedule
{
    /// <summary>One work item owns a tile, wide registers, no barriers. For processors.</summary>
    Vector,

    /// <summary>A work group owns a tile, threads own register micro-tiles, shared memory. For GPUs.</summary>
    Simt,

    /// <summary>Warps own tiles of both products and multiply them by tensor cores (mma), on CUDA devices of sm_80 and newer. For attention
    /// of fp16 or bf16 over keys and values of the same format or of 8 bits and fewer, with head and value dimensions that are multiples of
    /// 8 from 16 to 256; and for decoding of any queries over keys and values of 16 bits and fewer, with dimensions up to 256, of fp32
    /// queries up to 192.</summary>
    TensorCore,
}
