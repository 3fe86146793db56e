namespace AttentionKernels.Tests.Infrastructure;

/// <summary>The assembly's fixture: one opened device per backend, opened when first asked for, and the bounds recorder.</summary>
public sealed class TestDevices : IDisposable
{
    private readonly Dictionary<Backend, AttentionDevice> _devices = [];

    /// <summary>What ILGPU's and the micro-kernels' bounds checks report.</summary>
    internal BoundsRecorder Bounds { get; } = new();

    /// <summary>The device of a backend. It stays open for all tests: a test that closes devices opens its own.</summary>
    public AttentionDevice this[Backend backend]
    {
        get
        {
            if (!_devices.TryGetValue(backend, out AttentionDevice? device))
                _devices.Add(backend, device = AttentionDevice.Open(Backends.Find(backend)?.Selector ?? Backends.Family(backend)));
            return device;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (AttentionDevice device in _devices.Values)
            device.Dispose();
        Bounds.Dispose();
    }
}
