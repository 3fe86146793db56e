using System.Reflection;
using System.Runtime.InteropServices;
using ILGPU;

namespace AttentionKernels.Drivers;

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

    /// <summary>Loads a library ("OpenCL" or "cuda") under the first of its names that can be loaded.</summary>
    /// <param name="library">The library.</param>
    /// <param name="handle">The loaded library. It stays loaded: drivers do not like to leave a process.</param>
    /// <param name="failure">What the system's loader says of a file that is there and cannot be loaded; <see langword="null"/> where there
    /// is no file.</param>
    /// <returns>Whether the library was loaded.</returns>
    public static bool TryLoad(string library, out nint handle, out string? failure) =>
        TryLoad(CandidateNames(library), out handle, out failure);

    /// <inheritdoc cref="TryLoad(string, out nint, out string?)"/>
    internal static bool TryLoad(IEnumerable<string> names, out nint handle, out string? failure)
    {
        failure = null;
        foreach (string name in names)
        {
            try
            {
                handle = NativeLibrary.Load(name);
                failure = null;
                return true;
            }
            catch (Exception exception) when (exception is DllNotFoundException or BadImageFormatException)
            {
                failure ??= Failure(name, exception.Message);
            }
        }

        handle = 0;
        return false;
    }

    // On Windows the message is one line; elsewhere an introduction, and a line of the loader for each place it has looked at.
    private static string? Failure(string name, string message)
    {
        string[] lines = message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        string[] said = [.. (lines.Length > 1 ? lines[1..] : lines).Where(line => !SaysAbsent(name, line))];
        return said.Length == 0 ? null : string.Join("; ", said);
    }

    // A loader that misses a library which the wanted one needs names that one, or says by which it is needed.
    private static bool SaysAbsent(string name, string line) => line.Contains("0x8007007E", StringComparison.Ordinal)
        || (line.Contains(name, StringComparison.Ordinal) && line.Contains("no such file", StringComparison.OrdinalIgnoreCase)
            && !line.Contains("needed by", StringComparison.Ordinal));

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
