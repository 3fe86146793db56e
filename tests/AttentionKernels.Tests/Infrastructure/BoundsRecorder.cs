using System.Diagnostics;
using FluentAssertions;

namespace AttentionKernels.Tests.Infrastructure;

/// <summary>
/// Takes the place of <see cref="Trace.Listeners"/> and records failed assertions: ILGPU's, when a kernel on the managed CPU accesses an
/// element out of bounds, and the micro-kernels', when an extent is out of range.
/// </summary>
/// <remarks>
/// The check then throws, so that the kernel ends before it touches the memory: on the thread pool, where tile kernels run, the exception
/// reaches the caller of the launch. ILGPU's own kernel threads catch nothing, and an exception there would end the process; they go on
/// after the record is made, and what was recorded is also written to standard error, in case they do not get far.
/// </remarks>
internal sealed class BoundsRecorder : TraceListener
{
    private const int MaximumRecords = 20;
    private const string KernelThreadPrefix = "ILGPU_";

    private readonly Lock _lock = new();
    private readonly TraceListener[] _replaced = [.. Trace.Listeners.Cast<TraceListener>()];
    private readonly List<string> _records = [];
    private int _count;

    public BoundsRecorder()
        : base(nameof(BoundsRecorder))
    {
        Trace.Listeners.Clear();
        Trace.Listeners.Add(this);
    }

    /// <inheritdoc/>
    public override bool IsThreadSafe => true;

    /// <inheritdoc/>
    public override void Fail(string? message) => Fail(message, null);

    /// <inheritdoc/>
    public override void Fail(string? message, string? detailMessage)
    {
        string text = string.Join(": ", new[] { "A bounds check failed", message, detailMessage }.Where(part => !string.IsNullOrEmpty(part)));
        bool isKernelThread = Thread.CurrentThread.Name?.StartsWith(KernelThreadPrefix, StringComparison.Ordinal) ?? false;
        lock (_lock)
        {
            if (_count++ < MaximumRecords)
            {
                string record = text + Environment.NewLine + new StackTrace(1, fNeedFileInfo: true);
                _records.Add(record);
                if (isKernelThread)
                    Console.Error.WriteLine(record);
            }
        }

        if (!isKernelThread)
            throw new BoundsException(text);
    }

    /// <summary>The violations since the last call, the first 20 with their stacks; afterwards there are none.</summary>
    public IReadOnlyList<string> Take()
    {
        lock (_lock)
        {
            string[] taken = [.. _records, .. _count > _records.Count ? [$"and {_count - _records.Count} more"] : Array.Empty<string>()];
            _records.Clear();
            _count = 0;
            return taken;
        }
    }

    /// <summary>Fails the test when there were violations since the last call.</summary>
    public void AssertNone()
    {
        IReadOnlyList<string> violations = Take();
        violations.Should().BeEmpty("no kernel may leave the bounds of a view");
    }

    /// <inheritdoc/>
    public override void Write(string? message)
    {
    }

    /// <inheritdoc/>
    public override void WriteLine(string? message)
    {
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Trace.Listeners.Clear();
            Trace.Listeners.AddRange(_replaced);
        }

        base.Dispose(disposing);
    }
}
