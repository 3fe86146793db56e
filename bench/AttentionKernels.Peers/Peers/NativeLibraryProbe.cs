using System.Reflection;
using System.Runtime.InteropServices;

namespace AttentionKernels.Peers.Peers;

/// <summary>
/// Finds out whether a peer's native library loads, before the peer does: what bindings say of a failure is seldom the reason.
/// </summary>
internal static class NativeLibraryProbe
{
    /// <summary>Loads a library.</summary>
    /// <param name="library">Its name, without prefix and suffix.</param>
    /// <param name="assembly">The assembly that it belongs to.</param>
    /// <returns>Why it does not load; <see langword="null"/> where it does.</returns>
    public static string? WhyNot(string library, Assembly assembly)
    {
        try
        {
            // It stays loaded: it is about to be used.
            NativeLibrary.Load(library, assembly, null);
            return null;
        }
        catch (Exception exception) when (exception is DllNotFoundException or BadImageFormatException)
        {
            // Behind a general line there is one for each place where the library was looked for; mostly it is not there, which says
            // nothing.
            string[] lines = exception.Message.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            string[] telling = [.. lines.Skip(1).Where(line => !IsAbsent(line, library))];
            return telling.Length > 0 ? string.Join("; ", telling) : lines[0];
        }
    }

    private static bool IsAbsent(string line, string library) =>
        line.Split(':')[0].Contains(library, StringComparison.Ordinal) && line.Contains("No such file", StringComparison.Ordinal);
}
