using ILGPU.Runtime.Cuda;

namespace AttentionKernels.Launching;

/// <summary>Which devices have tensor cores as kernels use them.</summary>
internal static class TensorCoreDevices
{
    /// <summary>Whether kernels that use tensor cores run on a device.</summary>
    public static bool Have(AttentionDevice device) =>
        device.Accelerator is CudaAccelerator cuda && cuda.Architecture >= CudaArchitecture.SM_80;
}
