namespace AttentionKernels.Devices;

/// <summary>Says which devices a selector means: those of a family, one by family and index, or one by a part of its name.</summary>
internal sealed class DeviceSelector
{
    /// <summary>Shorter parts of names are more likely a slip than a choice.</summary>
    private const int ShortestPart = 3;

    private readonly string _text;
    private readonly bool _isPart;

    /// <summary>Reads a selector.</summary>
    /// <exception cref="DeviceUnavailableException">The text is no family and too short for a part of a name.</exception>
    public DeviceSelector(string text)
    {
        _text = text;

        // A family, alone or with an index, is never taken for a part of a name; but names may begin with one, as "cpu-skylake" does.
        IEnumerable<string> families = Enum.GetValues<DeviceKind>().Select(DeviceDescription.FamilyOf);
        _isPart = !families.Contains(text.Split(':')[0], StringComparer.OrdinalIgnoreCase);
        if (_isPart && text.Length < ShortestPart)
        {
            throw new DeviceUnavailableException(
                $"Device '{text}' was asked for; a part of a device's name must have at least {ShortestPart} characters.");
        }
    }

    /// <summary>Whether the selector means the device.</summary>
    public bool Fits(DeviceDescription device) => _isPart
        ? device.Name.Contains(_text, StringComparison.OrdinalIgnoreCase)
        : _text.Equals(device.Family, StringComparison.OrdinalIgnoreCase)
            || _text.Equals(device.Selector, StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// Of devices that fit, in the order of preference, those to try: a whole name comes before parts of others. A name means one device,
    /// but the same device may be there through CUDA and through OpenCL.
    /// </summary>
    /// <exception cref="DeviceUnavailableException">Several devices of a family have the name.</exception>
    public IReadOnlyList<DeviceDescription> Narrow(IReadOnlyList<DeviceDescription> fitting)
    {
        if (!_isPart)
            return fitting;
        DeviceDescription[] named = [.. fitting.Where(device => device.Name.Equals(_text, StringComparison.OrdinalIgnoreCase))];
        IReadOnlyList<DeviceDescription> left = named.Length > 0 ? named : fitting;
        if (left.GroupBy(device => device.Family).FirstOrDefault(family => family.Count() > 1) is { } family)
        {
            string candidates = string.Join("; ", family.Select(device => $"{device.Selector} {device.Name}"));
            throw new DeviceUnavailableException($"The name '{_text}' is ambiguous; choose by selector: {candidates}.");
        }

        return left;
    }
}
