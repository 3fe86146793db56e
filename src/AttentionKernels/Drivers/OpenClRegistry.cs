namespace AttentionKernels.Drivers;

/// <summary>The entries by which Linux's OpenCL loader finds drivers: files that hold the name of a library each.</summary>
internal static class OpenClRegistry
{
    private const string FolderVariable = "OCL_ICD_VENDORS";
    private const string DefaultFolder = "/etc/OpenCL/vendors";

    /// <summary>Why the loader knows no platform.</summary>
    public static string WhyEmpty()
    {
        const string Loader = "The OpenCL loader (libOpenCL) is there, but ";
        if (!OperatingSystem.IsLinux())
            return $"{Loader}no driver is registered with it: it knows no platform.";
        string place = Environment.GetEnvironmentVariable(FolderVariable) is { Length: > 0 } given ? given : DefaultFolder;
        string[] entries = File.Exists(place) ? [place] : Directory.Exists(place) ? Directory.GetFiles(place, "*.icd") : [];
        return entries.Length == 0
            ? $"{Loader}no driver is registered with it: {place} has no .icd file."
            : $"{Loader}no driver that is registered with it works: " +
                string.Join(" ", entries.Order(StringComparer.Ordinal).Select(WhyUseless));
    }

    private static string WhyUseless(string entry)
    {
        string library;
        try
        {
            library = File.ReadLines(entry).FirstOrDefault("").Trim();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return $"{entry} cannot be read: {exception.Message}";
        }

        if (library.Length == 0)
            return $"{entry} names no library.";
        return NativeLibraries.TryLoad([library], out _, out string? failure)
            ? $"{entry} names {library}, which has no platform."
            : $"{entry} names {library}, which {(failure is null ? "is not there" : $"cannot be loaded: {failure}")}.";
    }
}
