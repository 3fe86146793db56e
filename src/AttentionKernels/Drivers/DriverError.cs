using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace AttentionKernels.Drivers;

/// <summary>Puts drivers' errors into words: ILGPU's exceptions have the code, but not all of them say it.</summary>
internal static class DriverError
{
    /// <summary>The exception for something that the driver has failed to do.</summary>
    public static DeviceFailedException Failed(string what, AcceleratorException exception) =>
        new($"{what} has failed: {Describe(exception)}", exception);

    /// <summary>The driver's code and message, or the exception's own.</summary>
    public static string Describe(Exception exception) => exception switch
    {
        CLException openCl => $"OpenCL error {(int)openCl.Error}, {openCl.Error}",
        CudaException cuda => $"CUDA error {cuda.Error}, {cuda.Message}",
        _ => exception.Message.TrimEnd('.'),
    };
}
