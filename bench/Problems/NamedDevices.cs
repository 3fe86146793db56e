namespace AttentionKernels.Problems;

/// <summary>The devices that a command line names.</summary>
internal static class NamedDevices
{
    /// <summary>Opens devices, each once, whatever it is called by.</summary>
    /// <exception cref="DeviceUnavailableException">There is none that a selector names; those before it are open.</exception>
    public static void Open(IEnumerable<string> selectors, List<AttentionDevice> devices)
    {
        foreach (string selector in selectors)
        {
            AttentionDevice device = AttentionDevice.Open(selector);
            if (devices.Any(other => other.Description.Selector == device.Description.Selector))
                device.Dispose();
            else
                devices.Add(device);
        }
    }
}
