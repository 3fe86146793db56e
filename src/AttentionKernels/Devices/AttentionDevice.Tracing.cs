using AttentionKernels.Devices;

namespace AttentionKernels;

/// <content>Which shapes a program computes.</content>
public sealed partial class AttentionDevice
{
    private ShapeTrace? _trace;

    /// <summary>What counts the shapes of calls; <see langword="null"/> where nobody does.</summary>
    internal ShapeTrace? Trace => Volatile.Read(ref _trace);

    /// <summary>Counts the calls of attention, norms, softmax and rotary embedding by their shapes, from whatever threads, until it is
    /// disposed: then a line of each shape is written, as the benchmarks' <c>--shape</c> and <c>--replay</c> read it.</summary>
    /// <remarks>
    /// <para>A line is <c>heads=32/8 queries=1 keys=4096 dim=128 batch=8 mask=window:256 pages=16 dtype=fp16 count=120</c>, behind a
    /// <c>#</c> in what the calls differ from that: a mask or a modifier that the benchmarks have no word for, or sequences of different
    /// lengths, whose means stand in the line. Rows and rotary embedding have an <c>op=</c>. What the benchmarks do not measure is a
    /// comment as a whole.</para>
    /// <para>A call is counted when it has been queued. Where nobody traces, that costs a comparison with <see langword="null"/>; where
    /// somebody does, only the first call of a shape allocates.</para>
    /// </remarks>
    /// <param name="writer">Receives the lines, those called most often first; it stays open. Nobody else may use it while they are
    /// written.</param>
    /// <param name="keyStep">What keys are rounded up to a multiple of where there are fewer queries than keys, so that steps of decoding,
    /// which have one key more each time, are one shape.</param>
    /// <returns>What ends the trace when it is disposed.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="writer"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="keyStep"/> is less than 1.</exception>
    /// <exception cref="InvalidOperationException">The device's shapes are traced already.</exception>
    /// <exception cref="ObjectDisposedException">The device is disposed.</exception>
    /// <example>
    /// <code>
    /// TensorShape shape = [2, 128, 4, 64];
    /// using Tensor&lt;float&gt; rows = device.Upload(new float[shape.ElementCount], shape);
    /// using (device.TraceShapes(Console.Out, keyStep: 64))
    ///     device.Attention(rows, rows, rows, new CausalMask()).Dispose();
    /// </code>
    /// </example>
    public IDisposable TraceShapes(TextWriter writer, int keyStep = 1)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentOutOfRangeException.ThrowIfLessThan(keyStep, 1);
        ThrowIfDisposed();
        var trace = new ShapeTrace(this, writer, keyStep);
        return Interlocked.CompareExchange(ref _trace, trace, null) is null
            ? trace
            : throw new InvalidOperationException($"The shapes of {DeviceChecks.Own(this)} are traced already; that trace must end first.");
    }

    /// <summary>Ends a trace.</summary>
    /// <returns>Whether it was the device's, and had not ended.</returns>
    internal bool EndTrace(ShapeTrace trace) => Interlocked.CompareExchange(ref _trace, null, trace) == trace;
}
