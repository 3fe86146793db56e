using System.Security.Cryptography;
using System.Text;

namespace AttentionKernels.CodeGeneration;

/// <summary>Writes the text of every kernel that is compiled to the folder that an environment variable names, to be read.</summary>
/// <remarks>
/// A file a kernel, which a later compilation of the same kernel overwrites. The managed CPU runs the kernels' own IL: it has no text.
/// </remarks>
internal static class KernelDump
{
    /// <summary>The environment variable that names the folder. It is read whenever a kernel is compiled.</summary>
    public const string FolderVariable = "ATTENTIONKERNELS_DUMP";

    // File systems allow 255 bytes; a user's types may have any length.
    private const int LongestName = 200;

    /// <summary>Writes a kernel's text, if the environment asks for it.</summary>
    /// <param name="family">The family of devices, as it selects them.</param>
    /// <param name="kernel">The kernel's name with its generic choices.</param>
    /// <param name="extension">What the language's files end with.</param>
    /// <param name="text">The text that the driver gets.</param>
    /// <exception cref="InvalidOperationException">The folder cannot be written.</exception>
    public static void Write(string family, string kernel, string extension, string text)
    {
        if (Environment.GetEnvironmentVariable(FolderVariable) is not { Length: > 0 } folder)
            return;
        try
        {
            Directory.CreateDirectory(folder);
            File.WriteAllText(Path.Combine(folder, FileName(family, kernel, extension)), text);
        }
        catch (Exception exception) when (
            exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            // Without an inner exception: the device reports the innermost one, which would not name the variable.
            throw new InvalidOperationException(
                $"The environment variable {FolderVariable} names '{folder}', where no kernel can be written: {exception.Message}");
        }
    }

    /// <summary>The name of a kernel's file, without angle brackets: <c>opencl.AddRows(StoredFp16,Fp32x8).cl</c>.</summary>
    public static string FileName(string family, string kernel, string extension)
    {
        string name = kernel.Replace('<', '(').Replace('>', ')').Replace(" ", "", StringComparison.Ordinal);
        if (name.Length > LongestName)
        {
            string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)).AsSpan(0, sizeof(int)));
            name = $"{name[..LongestName]}-{hash}";
        }

        return $"{family}.{name}{extension}";
    }
}
