namespace AttentionKernels.MicroKernels.Warp;

/// <summary>The C# body of instructions that the 32 threads of a warp execute together, which have no meaning for one.</summary>
/// <remarks>Kernels that use them say so (<c>IGroupKernel.UsesTensorCores</c>) and are refused on other devices before they are
/// compiled.</remarks>
internal static class CudaOnly
{
    /// <summary>The exception of every such body.</summary>
    public static NotSupportedException Refusal => new("An instruction of a CUDA warp was called elsewhere.");
}
