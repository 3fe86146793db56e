using System.Runtime.InteropServices;

namespace AttentionKernels.Peers;

/// <summary>
/// Keeps freed memory in the process. TorchSharp allocates every result anew; from the kernel each time, the pages alone would cost more
/// than many an operation, which a program that cares would not put up with.
/// </summary>
internal static partial class HeapReuse
{
    // From malloc.h.
    private const int TrimThreshold = -1, MaximumMappings = -4;

    /// <summary>Asks the C library for it; one that is not glibc stays as it is.</summary>
    public static void Enable()
    {
        try
        {
            _ = SetOption(MaximumMappings, 0);
            _ = SetOption(TrimThreshold, int.MaxValue);
        }
        catch (Exception exception) when (exception is DllNotFoundException or EntryPointNotFoundException)
        {
            Console.Error.WriteLine("The C library has no mallopt: results of TorchSharp are allocated from the system on each run.");
        }
    }

    [LibraryImport("libc.so.6", EntryPoint = "mallopt")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetOption(int option, int value);
}
