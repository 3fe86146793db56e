namespace AttentionKernels.Export;

/// <summary>What a kernel's text is written in.</summary>
public enum KernelLanguage
{
    /// <summary>NVIDIA's PTX, for <c>cuModuleLoadData</c>.</summary>
    Ptx,

    /// <summary>OpenCL C, for <c>clCreateProgramWithSource</c>, built with <c>-cl-std=CL3.0</c>.</summary>
    OpenClC,
}
