using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace AttentionKernels.Devices;

/// <summary>Counts the calls of a device by their shapes, and writes a line for each shape when it ends.</summary>
/// <param name="device">The device.</param>
/// <param name="writer">Where to.</param>
/// <param name="keyStep">What keys of a decoding step are rounded up to a multiple of.</param>
internal sealed class ShapeTrace(AttentionDevice device, TextWriter writer, int keyStep) : IDisposable
{
    private readonly ConcurrentDictionary<TracedShape, StrongBox<long>> _counts = new();

    /// <summary>Counts a call. Only the first of a shape allocates.</summary>
    public void Add(TracedShape shape)
    {
        // Steps of decoding have a key more each time.
        if (shape.Keys > shape.Queries)
            shape = shape with { Keys = (int)Math.Min(int.MaxValue, ((long)shape.Keys + keyStep - 1) / keyStep * keyStep) };
        Interlocked.Increment(ref _counts.GetOrAdd(shape, static _ => new StrongBox<long>()).Value);
    }

    /// <summary>Ends it, once, and writes the lines: what was called most often first.</summary>
    public void Dispose()
    {
        if (!device.EndTrace(this))
            return;
        writer.WriteLine($"# Shapes of {device.Description.Selector} {device.Description.Name}, for --replay of the benchmarks.");
        IEnumerable<string> lines = _counts
            .Select(shape => (Count: shape.Value.Value, Line: shape.Key.Line(shape.Value.Value)))
            .OrderByDescending(shape => shape.Count).ThenBy(shape => shape.Line, StringComparer.Ordinal)
            .Select(shape => shape.Line);
        foreach (string line in lines)
            writer.WriteLine(line);
        writer.Flush();
    }
}
