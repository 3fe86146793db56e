using System.Runtime.CompilerServices;
using ILGPU.Runtime;

namespace AttentionKernels.Streams;

/// <summary>The streams of an accelerator that are in use, and how far each has come. Thread-safe.</summary>
internal sealed class StreamTable
{
    // Streams that are gone are looked for when the streams have doubled in number, from this on.
    private const int FewStreams = 32;

    private readonly ConditionalWeakTable<AcceleratorStream, StreamProgress> _progress = [];
    private readonly ConditionalWeakTable<AcceleratorStream, StreamProgress>.CreateValueCallback _track;
    private readonly List<WeakReference<StreamProgress>> _streams = [];
    private int _streamsToSweep = FewStreams;

    public StreamTable() => _track = Track;

    /// <summary>How far a stream has come.</summary>
    public StreamProgress Of(AcceleratorStream stream) => _progress.GetValue(stream, _track);

    /// <summary>Waits, on the host, for all that the streams have to do.</summary>
    /// <exception cref="DeviceFailedException">The driver reports a failure.</exception>
    public void Wait()
    {
        List<StreamProgress> streams = [];
        lock (_streams)
        {
            foreach (WeakReference<StreamProgress> reference in _streams)
            {
                if (reference.TryGetTarget(out StreamProgress? stream))
                    streams.Add(stream);
            }
        }

        foreach (StreamProgress stream in streams)
            stream.Wait();
    }

    private StreamProgress Track(AcceleratorStream stream)
    {
        var progress = new StreamProgress(stream);
        lock (_streams)
        {
            if (_streams.Count >= _streamsToSweep)
            {
                _streams.RemoveAll(static reference => !reference.TryGetTarget(out _));
                _streamsToSweep = Math.Max(FewStreams, 2 * _streams.Count);
            }

            _streams.Add(new WeakReference<StreamProgress>(progress));
        }

        return progress;
    }
}
