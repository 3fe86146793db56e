using System.ComponentModel;
using System.Diagnostics;

namespace AttentionKernels.Bench;

/// <summary>Shows a page to whoever sits before the machine.</summary>
internal static class Browser
{
    /// <summary>Opens a file in the browser, or does nothing where there is no desktop or no browser.</summary>
    public static void Open(FileInfo page)
    {
        if (!HasDesktop)
            return;
        try
        {
            Process.Start(new ProcessStartInfo(page.FullName) { UseShellExecute = true })?.Dispose();
        }
        catch (Win32Exception)
        {
            // Nothing there opens pages; where the page lies has been said.
        }
    }

    private static bool HasDesktop => !OperatingSystem.IsLinux() || Names("DISPLAY") || Names("WAYLAND_DISPLAY");

    private static bool Names(string variable) => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(variable));
}
