using System.Runtime.InteropServices;
using ILGPU.Runtime.Cuda;

namespace AttentionKernels.Drivers;

/// <summary>The functions of CUDA's driver that ILGPU does not bind.</summary>
internal static unsafe class CudaApi
{
    private const int MaximumDynamicSharedBytes = 8; // CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES

    /// <summary>Lets a kernel have so much dynamic shared memory: more than 48 KiB has to be allowed.</summary>
    /// <exception cref="CudaException">It is more than a work group of the device may have.</exception>
    public static void AllowDynamicSharedMemory(nint function, int bytes) =>
        CudaException.ThrowIfFailed((CudaError)Functions.SetAttribute(function, MaximumDynamicSharedBytes, bytes));

    // Found once, when the first is used.
    private static class Functions
    {
        public static readonly delegate* unmanaged<nint, int, int, int> SetAttribute =
            (delegate* unmanaged<nint, int, int, int>)Find("cuFuncSetAttribute");

        private static nint Find(string name) => NativeLibraries.TryLoad("cuda", out nint library, out _)
            ? NativeLibrary.GetExport(library, name)
            : throw new DllNotFoundException("The CUDA driver (libcuda) is gone.");
    }
}
