using System.Runtime.InteropServices;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace AttentionKernels.Drivers;

/// <summary>Asks a driver that gave no device why: ILGPU keeps what drivers tell it to itself.</summary>
internal static class DriverDiagnosis
{
    private const string PoClPlatform = "Portable Computing Language";

    /// <summary>What is wrong with CUDA; <see langword="null"/> where the driver starts.</summary>
    public static string? Cuda()
    {
        if (!NativeLibraries.TryLoad("cuda", out nint driver, out string? failure))
            return NotLoaded("CUDA driver (libcuda)", failure);
        return CudaStart(driver);
    }

    /// <summary>What is wrong with a loaded CUDA driver; <see langword="null"/> where it starts.</summary>
    public static unsafe string? CudaStart(nint driver)
    {
        if (!NativeLibrary.TryGetExport(driver, "cuInit", out nint start))
            return "The library that was found as the CUDA driver (libcuda) is none: it has no cuInit.";
        CudaError error = ((delegate* unmanaged<uint, CudaError>)start)(0);
        return error == CudaError.CUDA_SUCCESS ? null : $"The CUDA driver does not start: cuInit failed with {(int)error}, {error}.";
    }

    /// <summary>What is wrong with OpenCL; <see langword="null"/> where a platform has devices.</summary>
    public static string? OpenCl()
    {
        if (!NativeLibraries.TryLoad("OpenCL", out _, out string? failure))
        {
            return NotLoaded("OpenCL loader (libOpenCL)", failure)
                + (failure is null ? " eng/install-opencl.sh installs one with a CPU driver on Debian and Ubuntu." : "");
        }

        CLAPI api = CLAPI.CurrentAPI;
        if (!api.IsSupported || api.GetNumPlatforms(out int count) != CLError.CL_SUCCESS || count < 1)
            return OpenClRegistry.WhyEmpty();
        var platforms = new nint[count];
        CLError listed = api.GetPlatforms(platforms, ref count);
        if (listed != CLError.CL_SUCCESS)
            return $"The OpenCL loader (libOpenCL) does not list its platforms: {(int)listed}, {listed}.";
        string[] reasons = [.. platforms.Select(platform => WithoutDevices(api, platform)).OfType<string>()];
        return reasons.Length < platforms.Length ? null : string.Join(" ", reasons);
    }

    private static string? WithoutDevices(CLAPI api, nint platform)
    {
        CLError error = api.GetDevices(platform, CLDeviceType.CL_DEVICE_TYPE_ALL, new nint[1], out int count);
        if (error == CLError.CL_SUCCESS && count > 0)
            return null;
        string name = api.GetPlatformInfo(platform, CLPlatformInfoType.CL_PLATFORM_NAME).Trim();
        string without = $"The OpenCL platform {name} has no devices ({(int)error}, {error}).";
        return name == PoClPlatform && PoClCache.WhyUnusable() is { } reason ? $"{without} {reason}" : without;
    }

    private static string NotLoaded(string library, string? failure) => failure is null
        ? $"No {library} was found."
        : $"The {library} is there, but cannot be loaded: {failure}.";
}
