namespace AttentionKernels.Drivers;

/// <summary>The folder in which PoCL keeps what it has compiled. Without one that can be written it has no device, and says so to
/// nobody.</summary>
internal static class PoClCache
{
    private const string FolderVariable = "POCL_CACHE_DIR";

    /// <summary>Why the folder cannot be used, and what to do; <see langword="null"/> where it can.</summary>
    public static string? WhyUnusable()
    {
        string folder = Folder();
        try
        {
            Directory.CreateDirectory(folder);
            using FileStream probe = File.Create(Path.Combine(folder, Path.GetRandomFileName()), 1, FileOptions.DeleteOnClose);
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return $"It keeps compiled kernels in {folder}, which cannot be written ({exception.Message.TrimEnd('.')}); " +
                $"set {FolderVariable} to a folder that can be.";
        }
    }

    private static string Folder() => Variable(FolderVariable) ?? Path.Combine(CacheFolder(), "pocl", "kcache");

    private static string CacheFolder() =>
        Variable("XDG_CACHE_HOME") ?? (Variable("HOME") is { } home ? Path.Combine(home, ".cache") : "/tmp");

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
