namespace AttentionKernels;

/// <summary>The kinds of device, the one preferred by <see cref="AttentionDevice.Open()"/> first.</summary>
public enum DeviceKind
{
    /// <summary>An NVIDIA GPU through the CUDA driver.</summary>
    Cuda,

    /// <summary>A GPU or other accelerator through an OpenCL driver.</summary>
    OpenClGpu,

    /// <summary>A processor through an OpenCL driver, such as PoCL.</summary>
    OpenClCpu,

    /// <summary>The managed CPU: ordinary .NET code on the thread pool. Always present, no driver needed.</summary>
    Cpu,
}
