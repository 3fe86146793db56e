namespace AttentionKernels.Export;

/// <summary>Takes note of what a thread launches on a device while it runs an action.</summary>
internal sealed class LaunchRecording
{
    // Calls launch their kernels from the thread that makes them.
    [ThreadStatic]
    private static LaunchRecording? _current;

    private readonly AttentionDevice _device;
    private readonly List<RecordedLaunch> _launches = [];

    private LaunchRecording(AttentionDevice device, bool isForPtx)
    {
        _device = device;
        IsForPtx = isForPtx;
    }

    /// <summary>Whether PTX is wanted, whatever the device: grids are those of CUDA.</summary>
    public bool IsForPtx { get; }

    /// <summary>The recording of the calling thread for a device.</summary>
    public static LaunchRecording? Of(AttentionDevice device) =>
        _current is { } recording && recording._device.Accelerator == device.Accelerator ? recording : null;

    /// <summary>Runs an action and returns what it launched.</summary>
    /// <exception cref="InvalidOperationException">The thread is recording already.</exception>
    public static IReadOnlyList<RecordedLaunch> Record(AttentionDevice device, bool isForPtx, Action run)
    {
        if (_current is not null)
            throw new InvalidOperationException("The calling thread is recording launches already; recordings do not nest.");
        var recording = new LaunchRecording(device, isForPtx);
        _current = recording;
        try
        {
            run();
        }
        finally
        {
            _current = null;
        }

        return recording._launches;
    }

    /// <summary>Takes note of a launch.</summary>
    public void Add(RecordedLaunch launch) => _launches.Add(launch);
}
