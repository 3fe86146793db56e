namespace AttentionKernels.Tests.Infrastructure;

/// <summary>The base of tests that use devices: a test fails when a bounds check has failed while it ran.</summary>
public abstract class DeviceTests : IDisposable
{
    private readonly TestDevices _devices;

    protected DeviceTests(TestDevices devices)
    {
        _devices = devices;
        Bounds.Take();
    }

    /// <summary>The violations of the running test; a test that provokes one takes it.</summary>
    internal BoundsRecorder Bounds => _devices.Bounds;

    /// <summary>The shared device of a backend.</summary>
    protected AttentionDevice Device(Backend backend) => _devices[backend];

    /// <inheritdoc/>
    public void Dispose()
    {
        GC.SuppressFinalize(this);
        Bounds.AssertNone();
    }
}
