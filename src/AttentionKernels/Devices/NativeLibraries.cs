using System.Reflection;
using System.Runtime.InteropServices;
using ILGPU;

namespace AttentionKernels.Devices;

/// <summary>
/// Lets ILGPU find the drivers by the names that a plain driver package installs.
/// </summary>
/// <remarks>
/// ILGPU asks for <c>OpenCL</c> and <c>cuda</c>, which on Linux become <c>libOpenCL.so</c> and <c>libcuda.so</c>. Only development
/// packages have files of these names; the runtime packages install <c>libOpenCL.so.1</c> and <c>libcuda.so.1</c>.
/// </remarks>
internal static class NativeLibraries
{
    private static readonly Lazy<bool> _resolver = new(Register);

    /// <summary>Registers the resolver once per process; later calls do nothing.</summary>
    public static void Resolve() => _ = _resolver.Value;

    /// <summary>Whether the loader of <paramref name="library"/> ("OpenCL" or "cuda") can be found under any of its names.</summary>
    public static bool IsPresent(string library)
    {
        foreach (string name in CandidateNames(library))
        {
            if (NativeLibrary.TryLoad(name, out nint handle))
            {
                NativeLibrary.Free(handle);
                return true;
            }
        }

        return false;
    }

    private static bool Register()
    {
        try
        {
            NativeLibrary.SetDllImportResolver(typeof(Context).Assembly, Load);
            return true;
        }
        catch (InvalidOperationException)
        {
            // The application has set a resolver of its own for ILGPU: there can be only one, and it is theirs to keep.
            return false;
        }
    }

    private static nint Load(string name, Assembly assembly, DllImportSearchPath? searchPath)
    {
        if (!OperatingSystem.IsLinux())
            return 0;
        string? library = name switch
        {
            "OpenCL" or "libOpenCL" => "OpenCL",
            "cuda" or "libcuda" => "cuda",
            _ => null,
        };
        if (library is null)
            return 0;
        foreach (string candidate in CandidateNames(library))
        {
            if (NativeLibrary.TryLoad(candidate, assembly, searchPath, out nint handle))
                return handle;
        }

        return 0;
    }

    private static string[] CandidateNames(string library) =>
        OperatingSystem.IsWindows() ? [library == "cuda" ? "nvcuda" : library]
        : OperatingSystem.IsMacOS() ? [$"/System/Library/Frameworks/{library}.framework/{library}"]
        : [$"lib{library}.so.1", $"lib{library}.so"];
}
